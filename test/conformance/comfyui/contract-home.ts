import { cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const packs = join(import.meta.dirname, 'packs')

/** Packs that load, packs that fail in every known way but ending the process, and extra models. */
export async function prepareContractHome(homeDir: string): Promise<void> {
  const customNodes = join(homeDir, 'custom_nodes')
  await cp(packs, customNodes, { recursive: true })
  await rename(join(customNodes, 'contract-exits'), join(homeDir, 'contract-exits'))
  await rename(join(customNodes, 'contract-probe'), join(homeDir, 'linked-probe'))
  await symlink(join(homeDir, 'linked-probe'), join(customNodes, 'contract-probe'))
  await writeExtraModels(homeDir)
}

/** Only this pack of the packs folder. */
export function withPack(name: string): (homeDir: string) => Promise<void> {
  return (homeDir) =>
    cp(join(packs, name), join(homeDir, 'custom_nodes', name), { recursive: true })
}

export const extraModelPaths = 'extra_model_paths.yaml'

async function writeExtraModels(homeDir: string): Promise<void> {
  const files = [
    'models/checkpoints/own.safetensors',
    'models/checkpoints/notes.txt',
    'models/embeddings/style.pt',
    'shelf/checkpoints/deep/er/shelved.safetensors',
    'shelf/unet/split.gguf.safetensors',
    'shelf/anything/model.xyz',
    'shelf/first/a.safetensors',
    'shelf/second/b.safetensors',
  ]
  for (const file of files) {
    await mkdir(join(homeDir, file, '..'), { recursive: true })
    await writeFile(join(homeDir, file), '')
  }
  const lines = [
    'shelf:',
    '  base_path: shelf',
    '  is_default: true',
    '  checkpoints: checkpoints',
    '  unet: unet',
    '  contract_anything: anything',
    'two_lines:',
    `  base_path: ${homeDir}/shelf`,
    '  loras: |',
    '    first',
    '    second',
    'nothing:',
  ]
  await writeFile(join(homeDir, extraModelPaths), lines.join('\n'))
}
