import { statfsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'

/** Numbers of `statfs(2)` for filesystems that behave in a way of their own. */
const FILESYSTEMS: Readonly<Record<number, string>> = {
  0x6969: 'nfs',
  0xff534d42: 'cifs',
  0xfe534d42: 'smb',
  0x65735546: 'fuse',
  0x01021997: '9p',
  0x00c36400: 'ceph',
  0x0bd00bd0: 'lustre',
  0x01021994: 'tmpfs',
}

/** `nfs`, `fuse`, `tmpfs`, …; null for an ordinary disk. Does not block on a server that is away. */
export async function filesystemOf(dir: string): Promise<string | null> {
  return nameOf((await statfs(dir)).type)
}

/** True where each write may be a request to another machine (RunPod's volumes are FUSE). */
export function isNetworkVolume(dir: string): boolean {
  const filesystem = nameOf(statfsSync(dir).type)
  return filesystem !== null && filesystem !== 'tmpfs'
}

function nameOf(type: number): string | null {
  return FILESYSTEMS[type >>> 0] ?? null
}
