/** The core of a version that names none; its default branch, pinned to a commit by the lock. */
export const DEFAULT_CORE = 'https://github.com/comfyanonymous/ComfyUI'
