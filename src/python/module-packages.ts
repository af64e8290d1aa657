/**
 * Which package brings a module, where the two have different names. From the imports of 54 packs
 * (packs.md §4) and what their own installers say; a module that is not here has its package's name.
 */
const PACKAGES: Readonly<Record<string, string>> = {
  attr: 'attrs',
  bs4: 'beautifulsoup4',
  clip_interrogator: 'clip-interrogator',
  Crypto: 'pycryptodome',
  cupy: 'cupy-cuda12x',
  cv2: 'opencv-contrib-python-headless',
  dateutil: 'python-dateutil',
  dotenv: 'python-dotenv',
  fitz: 'pymupdf',
  git: 'gitpython',
  google: 'protobuf',
  huggingface_hub: 'huggingface-hub',
  imageio_ffmpeg: 'imageio-ffmpeg',
  magic: 'python-magic',
  OpenGL: 'pyopengl',
  OpenSSL: 'pyopenssl',
  PIL: 'pillow',
  pkg_resources: 'setuptools',
  psd_tools: 'psd-tools',
  pynvml: 'nvidia-ml-py',
  sam2: 'sam-2',
  segment_anything: 'segment-anything',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  spandrel_extra_arches: 'spandrel-extra-arches',
  win32api: 'pywin32',
  yaml: 'pyyaml',
}

/** The top module that a failed import names (`No module named 'cv2.dnn'`), or null. */
export function missingModule(reason: string): string | null {
  const module = /No module named ['"]?([A-Za-z_]\w*)/.exec(reason)?.[1]
  return module ?? null
}

export function packageOfModule(module: string): string {
  return Object.hasOwn(PACKAGES, module) ? (PACKAGES[module] ?? module) : module
}
