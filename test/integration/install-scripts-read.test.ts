import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { readInstallScripts, type InstallScript } from '../../src/python/read-install-scripts.ts'
import { standinPython } from '../helpers/standin-python.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

let python: string

beforeAll(async () => {
  python = await standinPython()
})

const RUN_PIP = `import subprocess, sys
def run_pip(*args):
    subprocess.run([sys.executable, "-m", "pip", "install", "--no-warn-script-location", *args])
`

describe('what real packs do in their install.py', () => {
  test('a file read line by line is taken, one CUDA build of several is not (Frame-Interpolation)', async () => {
    const found = await read(
      `import os, sys
from pathlib import Path
s_param = '-s' if "python_embeded" in sys.executable else ''
def cuda_version(cuda_home):
    names = list(filter(lambda name: "nvrtc" in name, os.listdir(cuda_home)))
    if '110' in names[0]:
        return '110'
    if '12' in names[0]:
        return '12x'
def install_cupy():
    try:
        import cupy
        print("CuPy is already installed.")
    except:
        os.system(f'"{sys.executable}" {s_param} -m pip uninstall -y cupy-wheel cupy-cuda12x')
        cuda = cuda_version("/usr")
        cupy_package = f"cupy-cuda{cuda}" if cuda is not None else "cupy-wheel"
        os.system(f'"{sys.executable}" {s_param} -m pip install {cupy_package}')
with open(Path(__file__).parent / "requirements-no-cupy.txt", 'r') as f:
    for package in f.readlines():
        package = package.strip()
        print(f"Installing {package}...")
        os.system(f'"{sys.executable}" {s_param} -m pip install {package}')
install_cupy()
`,
      { 'requirements-no-cupy.txt': 'torch\n# a comment\nscipy>=1\nPillow' },
    )
    expect(found).toEqual({
      certain: ['torch', 'scipy>=1', 'Pillow'],
      possible: ['cupy-cuda…', 'cupy-wheel'],
      models: [],
      isComplete: false,
    })
  })

  test('behind conditions and imports nothing is taken, all is told (Impact)', async () => {
    const found = await read(`import os, sys, platform, subprocess
comfy_path = os.environ.get('COMFYUI_PATH')
if comfy_path is None:
    comfy_path = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..'))
model_path = os.environ.get('COMFYUI_MODEL_PATH')
if model_path is None:
    model_path = os.path.abspath(os.path.join(comfy_path, 'models'))
def process_wrap(cmd, cwd=None):
    process = subprocess.Popen(cmd, cwd=cwd, stdout=subprocess.PIPE)
    return process.wait()
try:
    import folder_paths
    from torchvision.datasets.utils import download_url
    import impact.config
    if "python_embeded" in sys.executable:
        pip_install = [sys.executable, '-s', '-m', 'pip', 'install']
        mim_install = [sys.executable, '-s', '-m', 'mim', 'install']
    else:
        pip_install = [sys.executable, '-m', 'pip', 'install']
        mim_install = [sys.executable, '-m', 'mim', 'install']
    def ensure_first():
        if not impact.config.get_config()['mmdet_skip']:
            process_wrap(pip_install + ['openmim'])
            try:
                import pycocotools
            except Exception:
                if platform.system() not in ["Windows"]:
                    process_wrap(pip_install + ['pycocotools'])
                else:
                    wheels = {(3, 10): "https://example.org/pycocotools-2.0.6-cp310-win_amd64.whl"}
                    process_wrap(pip_install + [wheels[sys.version_info[:2]]])
    def ensure_last():
        requirements_path = os.path.join(os.path.dirname(__file__), "requirements.txt")
        process_wrap(pip_install + ['-r', requirements_path])
        try:
            import piexif
        except Exception:
            process_wrap(pip_install + ['piexif'])
        try:
            from cv2 import setNumThreads
        except Exception:
            if is_installed('opencv-python'):
                process_wrap(pip_install + ['-U', 'opencv-python'])
            process_wrap(mim_install + ['mmcv==2.0'])
    def install():
        ensure_first()
        ensure_last()
        sam_path = os.path.join(model_path, "sams")
        if not os.path.exists(os.path.join(os.path.dirname(__file__), '..', 'skip_download_model')):
            if not os.path.exists(os.path.join(sam_path, "sam_vit_b_01ec64.pth")):
                download_url("https://example.org/sam/sam_vit_b_01ec64.pth", sam_path)
    install()
except Exception as e:
    print("dependency installation has failed")
    raise
`)
    expect(found).toEqual({
      certain: [],
      possible: ['opencv-python', 'openmim', 'piexif', 'pycocotools'],
      models: [
        {
          url: 'https://example.org/sam/sam_vit_b_01ec64.pth',
          places: ['$MODELS_DIR/sams'],
        },
      ],
      isComplete: false,
    })
  })

  test('one onnxruntime of several is not taken, its model goes to its folder (ReActor)', async () => {
    const found = await read(`${RUN_PIP}
import os, urllib.request
from tqdm import tqdm
try:
    from folder_paths import models_dir
except:
    from pathlib import Path
    models_dir = os.path.join(Path(__file__).parents[2], "models")
req_file = os.path.join(os.path.dirname(os.path.realpath(__file__)), "requirements.txt")
model_url = "https://example.org/resolve/main/models/inswapper_128.onnx"
model_name = os.path.basename(model_url)
models_dir_path = os.path.join(models_dir, "insightface")
model_path = os.path.join(models_dir_path, model_name)
def is_installed(package, version=None, strict=True):
    return False
def download(url, path, name):
    with tqdm(total=1, desc=f'Downloading {name} to {path}') as progress:
        urllib.request.urlretrieve(url, path)
if not os.path.exists(models_dir_path):
    os.makedirs(models_dir_path)
if not os.path.exists(model_path):
    download(model_url, model_path, model_name)
with open(req_file) as file:
    try:
        ort = "onnxruntime-gpu"
        import torch
        cuda_version = None
        if torch.cuda.is_available():
            cuda_version = torch.version.cuda
        elif torch.backends.mps.is_available() or hasattr(torch, 'dml'):
            ort = "onnxruntime"
        if cuda_version is not None and float(cuda_version) >= 12:
            if not is_installed(ort, "1.17.0", False):
                run_pip(ort, "--extra-index-url", "https://example.org/simple/")
        elif not is_installed(ort, "1.16.1", False):
            run_pip(ort, "-U")
    except Exception as e:
        print(e)
        raise
    for package in file:
        package = package.strip()
        if not is_installed(package):
            run_pip(package)
`)
    expect(found).toMatchObject({
      certain: [],
      possible: ['onnxruntime', 'onnxruntime-gpu'],
      models: [
        {
          url: 'https://example.org/resolve/main/models/inswapper_128.onnx',
          places: ['$MODELS_DIR/insightface/inswapper_128.onnx'],
        },
      ],
    })
  })

  test('a command that a function may put together otherwise is not taken (mtb)', async () => {
    const found = await read(`import subprocess, sys
executable = sys.executable
def run_command(cmd):
    shell_cmd = cmd if isinstance(cmd, str) else " ".join(str(arg) for arg in cmd)
    subprocess.run(shell_cmd, shell=True, check=True)
def import_or_install(name):
    run_command([executable, "-m", "pip", "install", name])
try:
    from tqdm import tqdm
except ImportError:
    run_command([executable, "-m", "pip", "install", "--upgrade", "tqdm"])
    from tqdm import tqdm
def main():
    if len(sys.argv) == 1:
        print("no install script is needed")
        return
    run_command([executable, "-m", "pip", "install", "lark"])
if __name__ == "__main__":
    main()
`)
    expect(found).toEqual({
      certain: [],
      possible: ['lark', 'tqdm'],
      models: [],
      isComplete: false,
    })
  })

  test('what a function returns is not followed (segment_anything)', async () => {
    const found = await read(
      `import os, subprocess, sys
custom_nodes_path = os.path.dirname(os.path.abspath(__file__))
def build_pip_install_cmds(args):
    if "python_embeded" in sys.executable:
        return [sys.executable, '-s', '-m', 'pip', 'install'] + args
    else:
        return [sys.executable, '-m', 'pip', 'install'] + args
def ensure_package():
    cmds = build_pip_install_cmds(['-r', 'requirements.txt'])
    subprocess.run(cmds, cwd=custom_nodes_path)
ensure_package()
`,
      { 'requirements.txt': 'timm\n' },
    )
    expect(found).toEqual({ certain: [], possible: [], models: [], isComplete: false })
  })

  test('models go to the folders that are written out (Impact-Subpack)', async () => {
    const { models, isComplete } = await read(`import os
from torchvision.datasets.utils import download_url
model_path = os.environ.get('COMFYUI_MODEL_PATH')
if model_path is None:
    model_path = os.path.join(os.path.dirname(__file__), '..', '..', 'models')
bbox = os.path.join(model_path, "ultralytics", "bbox")
if not os.path.exists(bbox):
    os.makedirs(bbox)
download_url("https://example.org/face.pt", bbox)
`)
    expect(models).toEqual([
      { url: 'https://example.org/face.pt', places: ['$MODELS_DIR/ultralytics/bbox'] },
    ])
    expect(isComplete).toBe(true)
  })
})

describe('a requirement is certain', () => {
  const PIP = `${RUN_PIP}import importlib.util, os, platform, torch\n`

  test.each([
    ['by itself', 'run_pip("lark>=1", "-U")', ['lark>=1']],
    ['of a shell command', 'os.system("pip install lark einops")', ['lark', 'einops']],
    [
      'of pip as a library',
      'import pip\npip.main(["install", "--quiet", "lark[regex]==1.2"])',
      ['lark[regex]==1.2'],
    ],
    [
      'with a marker',
      `run_pip("lark; sys_platform == 'linux'")`,
      ["lark; sys_platform == 'linux'"],
    ],
    [
      'from git',
      'run_pip("git+https://example.org/a/b.git@1.0")',
      ['git+https://example.org/a/b.git@1.0'],
    ],
    [
      'that is not installed yet',
      'if importlib.util.find_spec("lark") is None:\n    run_pip("lark")',
      ['lark'],
    ],
    [
      'after a test that leaves early',
      'def ensure(name):\n    if is_installed(name):\n        return\n    run_pip(name)\nensure("lark")',
      ['lark'],
    ],
    [
      'behind an import that fails',
      'try:\n    import lark\nexcept ImportError:\n    run_pip("lark")',
      ['lark'],
    ],
    [
      'of a list that is written out',
      'NAMES = ["lark", "einops"]\nfor name in NAMES:\n    if name not in installed:\n        run_pip(name + ">=1")',
      ['lark>=1', 'einops>=1'],
    ],
    ['of the script itself', 'if __name__ == "__main__":\n    run_pip("lark")', ['lark']],
    [
      'when the other way fails',
      'if platform.system() == "Darwin":\n    raise RuntimeError("no")\nrun_pip("lark")',
      ['lark'],
    ],
    [
      'that a function called run gets',
      'def run(cmd):\n    return subprocess.run(cmd, check=True)\nrun([sys.executable, "-m", "pip", "install", "lark"])',
      ['lark'],
    ],
    ['beside a newer pip', 'run_pip("--upgrade", "pip", "lark")', ['lark']],
  ])('%s', async (_, script, certain) => {
    expect((await read(PIP + script)).certain.toSorted()).toEqual(certain.toSorted())
  })

  test.each([
    ['on a platform', 'if platform.system() == "Linux":\n    run_pip("lark")', ['lark']],
    ['when it is installed', 'if is_installed("lark"):\n    run_pip("-U", "lark")', ['lark']],
    [
      'or another when it is not installed',
      'if not is_installed("a"):\n    run_pip("lark")\nelse:\n    run_pip("einops")',
      ['einops', 'lark'],
    ],
    [
      'from another index',
      'run_pip("lark", "--index-url", "https://example.org/simple")',
      ['lark'],
    ],
    ['to another place', 'run_pip("lark", "--target", "libs")', ['lark']],
    ['with a computed version', 'run_pip(f"lark=={torch.__version__}")', ['lark==…']],
    [
      'when another failed',
      'try:\n    run_pip("lark")\nexcept Exception:\n    run_pip("einops")',
      ['einops', 'lark'],
    ],
    [
      'in a loop over what is not known',
      'for _ in os.listdir("."):\n    run_pip("lark")',
      ['lark'],
    ],
    [
      'behind a choice of values',
      'name = "lark" if torch.cuda.is_available() else "einops"\nrun_pip(name)',
      ['einops', 'lark'],
    ],
    ['after a way out', 'if len(sys.argv) == 1:\n    sys.exit(0)\nrun_pip("lark")', ['lark']],
    ['by a name with several values', 'name = "a"\nrun_pip(name)\nname = "b"', ['a', 'b']],
    [
      'from a list that is changed',
      'names = ["lark"]\nif platform.system() == "Darwin":\n    names.remove("lark")\nfor name in names:\n    run_pip(name)',
      ['lark'],
    ],
    [
      'after a function that may exit',
      'def check():\n    if not torch.cuda.is_available():\n        sys.exit()\ncheck()\nrun_pip("lark")',
      ['lark'],
    ],
    [
      'beside an import that may fail',
      'try:\n    import cupy\n    run_pip("lark")\nexcept ImportError:\n    pass',
      ['lark'],
    ],
    [
      'of a loop that may stop',
      'for name in ["a"]:\n    if x:\n        break\n    run_pip(name)',
      ['a'],
    ],
    [
      'with a login',
      'run_pip("git+https://u:p@example.org/a.git")',
      ['git+https://u:p@example.org/a.git'],
    ],
  ])('never %s', async (_, script, possible) => {
    expect(await read(PIP + script)).toMatchObject({ certain: [], possible })
  })

  test('never where nobody calls it', async () => {
    expect(await read(`${PIP}def unused():\n    run_pip("lark")`)).toMatchObject({
      certain: [],
      possible: [],
    })
  })

  test('of a file with another index only perhaps, of one outside the pack not at all', async () => {
    const files = {
      'lib/more.txt': '--extra-index-url https://example.org\nlark\n',
      'plain.txt': 'einops\n',
    }
    const found = await read(
      `${PIP}run_pip("-r", "lib/more.txt")\nrun_pip("-r", "plain.txt")\nrun_pip("-r", "../other.txt")\nrun_pip("-r", "link.txt")`,
      files,
    )
    expect(found).toMatchObject({ certain: ['einops'], possible: ['lark'] })
  })
})

test('of a model whose folder is computed, only the address is told', async () => {
  const { models } = await read(`import os, folder_paths
BASE = "https://example.org/m"
download(f"{BASE}/one.onnx", os.path.join(compute(), "x"))
for name in ["a.pt", "b.pt"]:
    fetch(f"{BASE}/{name}", os.path.join(os.path.dirname(__file__), "ckpts"))
for place in (folder_paths.models_dir, os.path.join(folder_paths.models_dir, "loras")):
    fetch(BASE + "/two.pth", place)
def unused():
    return "https://example.org/four.gguf"
`)
  expect(models).toEqual([
    { url: 'https://example.org/four.gguf', places: [] },
    { url: 'https://example.org/m/a.pt', places: ['$PACK/ckpts'] },
    { url: 'https://example.org/m/b.pt', places: ['$PACK/ckpts'] },
    { url: 'https://example.org/m/one.onnx', places: [] },
    { url: 'https://example.org/m/two.pth', places: ['$MODELS_DIR', '$MODELS_DIR/loras'] },
  ])
})

test('a script that is no Python, or never comes to an end, tells nothing and stops nobody', async () => {
  const loops = 'x = [1, 2, 3, 4, 5, 6, 7, 8]\n' + nested(12)
  const doubled = Array.from({ length: 60 }, (_, at) => `x${at + 1} = x${at} + x${at}\n`)
  const grows = `x0 = "a"\n${doubled.join('')}run(x60)`
  const huge = '# '.repeat(200_000)
  const again = 'def f(x):\n    run_pip(x)\n    f(x)\nf("lark")'
  const bad = ['print "two"', loops, '('.repeat(5000), grows, huge]
  const scripts = [...bad, RUN_PIP + 'run_pip("lark")', RUN_PIP + again]
  const found = await readAll(scripts)
  const nothing = { certain: [], possible: [], models: [], isComplete: false }
  expect(found.slice(0, bad.length)).toEqual(bad.map(() => nothing))
  expect(found.slice(bad.length).map(({ certain }) => certain)).toEqual([['lark'], ['lark']])
})

function nested(depth: number): string {
  const lines = Array.from({ length: depth }, (_, at) => `${' '.repeat(at)}for a${at} in x:`)
  return [...lines, `${' '.repeat(depth)}print(a0)`].join('\n')
}

async function read(script: string, files: Record<string, string> = {}): Promise<InstallScript> {
  const [found] = await readAll([script], files)
  if (found === undefined) throw new Error('nothing was read')
  return found
}

async function readAll(scripts: readonly string[], files: Record<string, string> = {}) {
  const root = tempDir('install-scripts')
  const { ctx } = createTestCtx({ cacheRoot: root })
  const paths = scripts.map((script, at) => {
    const dir = join(root, `pack-${at}`)
    mkdirSync(dir)
    writeFileSync(join(dir, 'install.py'), script)
    writeFileSync(join(root, 'other.txt'), 'outside\n')
    symlinkSync('../other.txt', join(dir, 'link.txt'))
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true })
      writeFileSync(join(dir, name), text)
    }
    return join(dir, 'install.py')
  })
  return readInstallScripts(ctx, python, paths)
}
