import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { arch, cpus, platform, release, totalmem } from 'node:os'

/** Facts without which a number means nothing; no names of hosts or users. */
export function readMachine(dir) {
  const processors = cpus()
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory_gib: Math.round(totalmem() / 1024 ** 3),
    virtual: isVirtual(),
    system: `${systemName()}, ${platform()} ${release()} ${arch()}`,
    filesystem: filesystemOf(dir),
  }
}

function isVirtual() {
  if (!existsSync('/proc/cpuinfo')) return null
  return /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'))
}

function systemName() {
  if (!existsSync('/etc/os-release')) return platform()
  const text = readFileSync('/etc/os-release', 'utf8')
  return /^PRETTY_NAME="?([^"\n]+)/m.exec(text)?.[1] ?? platform()
}

/** Magic numbers of statfs(2). */
const FILESYSTEMS = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x2fc12fc1: 'zfs',
  0x1021994: 'tmpfs',
  0x794c7630: 'overlayfs',
  0x6969: 'nfs',
}

function filesystemOf(dir) {
  const { type } = statfsSync(dir)
  return FILESYSTEMS[type] ?? `0x${type.toString(16)}`
}
