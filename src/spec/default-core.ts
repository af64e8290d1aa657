/**
 * Where ComfyUI lives today (older addresses redirect there): the core of a version that names none.
 * Its default branch is pinned to a commit by the lock.
 */
export const DEFAULT_CORE = 'https://github.com/Comfy-Org/ComfyUI'
