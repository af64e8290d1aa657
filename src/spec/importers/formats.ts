import { cog } from './cog.ts'
import { comfyBuild } from './comfy-build.ts'
import { comfyLock } from './comfy-lock.ts'
import { comfyPack } from './comfy-pack.ts'
import { comfygit } from './comfygit.ts'
import { comfyuiApi } from './comfyui-api.ts'
import { desktopSnapshot } from './desktop-snapshot.ts'
import type { Importer } from './importer.ts'
import { launcher } from './launcher.ts'
import { managerDeps } from './manager-deps.ts'
import { managerSnapshot } from './manager-snapshot.ts'

/** Every format that is read. What contains another's keys comes before it. */
export const importers: readonly Importer[] = [
  launcher,
  comfygit,
  desktopSnapshot,
  comfyBuild,
  comfyPack,
  managerSnapshot,
  managerDeps,
  comfyLock,
  comfyuiApi,
  cog,
]
