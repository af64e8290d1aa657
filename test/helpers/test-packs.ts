import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { RepoFile, RepoOptions } from './git-repo.ts'
import { demoDir } from './standin-core.ts'

type Files = Record<string, RepoFile>

/** The stand-in core as files of a repository. */
export function coreFiles(): Files {
  return filesBelow(join(demoDir, 'core'))
}

/** The changes that make it a core from before `--base-directory` (ComfyUI 0.3.13). */
export function oldCoreChanges(): Files {
  const core = join(demoDir, 'core')
  const text = (path: string) => readFileSync(join(core, path), 'utf8')
  return {
    'comfy/cli_args.py': text('comfy/cli_args.py').replace(/^.*"--base-directory".*\n/m, ''),
    'folder_paths.py': text('folder_paths.py').replace('args.base_directory or ', ''),
    'main.py': text('main.py').replace('if args.base_directory:', 'if False:'),
  }
}

/** Packs by the name of their repository, each with what it is good for in a test. */
export function packRepos(): Record<string, RepoOptions> {
  return {
    good: {
      commits: [
        {
          files: {
            'requirements.txt': 'comfypin-test-alpha>=2\n',
            '__init__.py': nodeModule('GoodNode', 'import comfypin_test_alpha'),
          },
        },
        { files: { '__init__.py': nodeModule('BetterNode', 'import comfypin_test_alpha') } },
      ],
      annotatedTags: { v1: 0 },
    },
    /** Not to be installed together with `good`. */
    clash: {
      files: {
        'requirements.txt': 'comfypin-test-alpha<2\n',
        '__init__.py': nodeModule('ClashNode'),
      },
    },
    broken: { files: { '__init__.py': "raise RuntimeError('no such thing as luck')\n" } },
    /** Keeps its settings in its own folder; both commits have `shipped.txt`. */
    writer: {
      commits: [
        {
          files: { 'shipped.txt': 'one\n', '__init__.py': nodeModule('WriterNode', WRITE_CONFIG) },
        },
        { files: { 'shipped.txt': 'two\n' } },
      ],
    },
    /** Changes a file that its repository tracks. */
    editor: {
      files: { 'counter.txt': '0\n', '__init__.py': nodeModule('EditorNode', COUNT) },
    },
    script: {
      files: {
        'install.py': "open('installed.txt', 'w').close()\n",
        '__init__.py': nodeModule('ScriptNode'),
      },
    },
    prestartup: {
      files: {
        'prestartup_script.py': "import os\nos.environ['TEST_PRESTARTUP'] = 'ran'\n",
        '__init__.py': nodeModule(
          'PrestartupNode',
          "import os\nassert os.environ['TEST_PRESTARTUP']",
        ),
      },
    },
    /** Shows what environment it was imported in. */
    env: { files: { '__init__.py': nodeModule('EnvNode', '', "os.environ.get(value, '-')") } },
    probe: { files: filesBelow(join(import.meta.dirname, '../fixtures/probe-pack')) },
  }
}

const WRITE_CONFIG = `import os
path = os.path.join(os.path.dirname(__file__), 'config.json')
if not os.path.exists(path):
    with open(path, 'w') as file:
        file.write('{"made": "at import"}')`

const COUNT = `import os
path = os.path.join(os.path.dirname(__file__), 'counter.txt')
count = int(open(path).read()) + 1
with open(path, 'w') as file:
    file.write(f'{count}\\n')`

/** A module with one output node, which shows a text computed from its input. */
export function nodeModule(name: string, atImport = '', text = 'value'): string {
  return `import os
${atImport}


class ${name}:
    RETURN_TYPES = ()
    FUNCTION = "run"
    OUTPUT_NODE = True
    CATEGORY = "test"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"value": ("STRING", {"default": ""})}}

    def run(self, value):
        return {"ui": {"text": [${text}]}}


NODE_CLASS_MAPPINGS = {"${name}": ${name}}
`
}

function filesBelow(dir: string): Files {
  return Object.fromEntries(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.pyc'))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(dir, path), readFileSync(path)]),
  )
}
