import type { ZipFile } from 'yauzl'

/** Open a zip archive; to be closed. It checks names and sizes of entries against its directory. */
export async function openZip(path: string): Promise<ZipFile> {
  const { openPromise } = await import('yauzl')
  return openPromise(path, { autoClose: false, strictFileNames: true })
}
