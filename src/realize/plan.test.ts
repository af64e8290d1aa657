import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import type { ModelPresence } from '../models/types.ts'
import type { Lock, LockModel, LockPack } from '../resolve/types.ts'
import type { CheckoutState, Facts } from './facts.ts'
import { createJob, type JobPack, type RealizeJob } from './job.ts'
import type { Marker, MarkerPack } from './marker.ts'
import { planRealize } from './plan.ts'
import { isChange, type Step } from './step.ts'

const ROOT = '/nowhere/comfypin'
const lock: Lock = {
  schema_version: 1,
  version_id: 'main',
  comfy: { repo: 'https://example.org/a/ComfyUI', ref: null, commit: 'c'.repeat(40) },
  custom_nodes: [lockPack('alpha'), lockPack('beta')],
  models: [lockModel('loras/one.pt'), lockModel('loras/two.pt')],
  ...{ python_packages: [], python_overrides: [], python_twins: 'one' },
  env: {},
  options: { offline: false, skip_models: false },
}

function lockPack(name: string): LockPack {
  const repo = `https://example.org/packs/${name}`
  const git = { repo, ref: null, commit: 'a'.repeat(40), subdir: null, registry: null }
  return { ...git, name, install_requirements: true }
}

function lockModel(target_path: string, root: LockModel['root'] = 'models'): LockModel {
  return { source: `https://example.org/${target_path}`, target_path, root, checksum: null }
}

function jobOf(changes: Partial<Lock> = {}, options: Partial<RealizeJob> = {}): RealizeJob {
  const { ctx } = createTestCtx({
    cacheRoot: join(ROOT, 'cache'),
    modelsDir: join(ROOT, 'models'),
    home: join(ROOT, 'home'),
    python: null,
    offline: null,
    skipModels: null,
  })
  const input = { specText: '', lockText: '', check: 'new', upgrade: false } as const
  return { ...createJob(ctx, { ...input, lock: { ...lock, ...changes } }), ...options }
}

function checkoutOf(job: RealizeJob, name: string): string {
  return job.packs.find(({ pack }) => pack.name === name)?.checkout?.dir ?? ''
}

/** A machine that never saw this version, nor anything of it. */
function emptyFacts(job: RealizeJob): Facts {
  const names = job.packs.map(({ pack }) => pack.name)
  return {
    core: 'clone',
    packs: new Map(names.map((name) => [name, 'clone'])),
    archives: new Map(),
    compiled: new Set(),
    pythonLock: { current: false, packages: null, twins: [], scripts: [] },
    venv: { state: 'absent', installed: [] },
    models: job.skipModels ? [] : job.lock.models.map(() => presence({ present: false })),
    ...{ placed: [], hollow: new Set(), idle: new Set() },
    entries: new Map(),
    copies: new Map(),
    needCopy: new Set(names),
    behind: new Set(),
    unchecked: names,
    homeCurrent: false,
    coreCurrent: false,
  }
}

/** What is there after a realize. */
function completeFacts(job: RealizeJob): Facts {
  const packs = job.packs.map(({ pack }) => pack.name)
  const trees = packs.map((name) => checkoutOf(job, name))
  return {
    core: 'present',
    packs: new Map(packs.map((name) => [name, 'present'])),
    archives: new Map(),
    compiled: new Set([job.home.venv, job.core.dir, ...trees]),
    pythonLock: {
      current: true,
      packages: [{ name: 'torch', version: '2.0', commit: null }],
      twins: [],
      scripts: [],
    },
    venv: { state: 'ready', installed: [installed('torch', '2.0')] },
    models: job.skipModels ? [] : job.lock.models.map(() => presence({ present: true })),
    ...{ placed: [], hollow: new Set(), idle: new Set() },
    entries: new Map(packs.map((name) => [name, { link: checkoutOf(job, name) }])),
    copies: new Map(),
    needCopy: new Set(),
    behind: new Set(),
    unchecked: [],
    homeCurrent: true,
    coreCurrent: true,
  }
}

function presence(fact: Partial<ModelPresence>): ModelPresence {
  return {
    ...{ source: 'https://example.org/a.pt', category: null, way: 'fetch', arrived: 0 },
    ...{ present: false, local: false, path: '/nowhere/model', size: null },
    ...fact,
  }
}

function installed(name: string, version: string) {
  return { name, version, distInfo: `/nowhere/${name}-${version}.dist-info` }
}

/** The changes of a plan as `action id`. */
function changesOf(job: RealizeJob, facts: Facts): string[] {
  return planRealize(job, facts)
    .filter(isChange)
    .map(({ action, id }) => `${action} ${id}`)
}

/** The changes when one thing differs from what the last realize left. */
function changesAfter(
  change: Partial<Lock>,
  facts: (job: RealizeJob) => Partial<Facts>,
  options: Partial<RealizeJob> = {},
): string[] {
  const job = jobOf(change, options)
  return changesOf(job, { ...completeFacts(job), ...facts(job) })
}

function stepOf(steps: readonly Step[], id: string): Step {
  const step = steps.find((one) => one.id === id)
  if (step === undefined) throw new Error(`no step ${id}`)
  return step
}

test('on an empty machine everything is made', () => {
  const job = jobOf()
  expect(changesOf(job, emptyFacts(job))).toEqual([
    'clone checkout:core',
    'clone checkout:custom_nodes/alpha',
    'clone checkout:custom_nodes/beta',
    'prepare core',
    'create venv',
    'resolve python-lock',
    'sync packages',
    'compile bytecode:venv',
    'compile bytecode:core',
    'compile bytecode:custom_nodes/alpha',
    'compile bytecode:custom_nodes/beta',
    'download model:0',
    'download model:1',
    'write home',
    'run check',
    'place pack:alpha',
    'place pack:beta',
  ])
})

test('a home that matches has a whole plan and no change', () => {
  const job = jobOf()
  const steps = planRealize(job, completeFacts(job))
  expect(steps.filter(isChange)).toEqual([])
  expect(steps.map(({ id }) => id)).toEqual(
    planRealize(job, emptyFacts(job)).flatMap(({ id }) => (id === 'check' ? [] : [id])),
  )
})

describe('one thing that changed is all that is done', () => {
  const unlocked = { pythonLock: { current: false, packages: null, twins: [], scripts: [] } }

  test('another commit of the core', () => {
    const comfy = { ...lock.comfy, commit: 'd'.repeat(40) }
    const changes = changesAfter({ comfy }, (job) => ({
      ...unlocked,
      core: 'fetch',
      coreCurrent: false,
      compiled: new Set([job.home.venv, ...job.packs.map(({ checkout }) => checkout?.dir ?? '')]),
    }))
    expect(changes).toEqual([
      'fetch checkout:core',
      'prepare core',
      'resolve python-lock',
      'sync packages',
      'compile bytecode:venv',
      'compile bytecode:core',
    ])
  })

  test('another commit of a pack', () => {
    const old = checkoutOf(jobOf(), 'beta')
    const custom_nodes = [lockPack('alpha'), { ...lockPack('beta'), commit: 'b'.repeat(40) }]
    const changes = changesAfter({ custom_nodes }, (job) => ({
      ...unlocked,
      packs: new Map<string, CheckoutState>([
        ['alpha', 'present'],
        ['beta', 'fetch'],
      ]),
      compiled: new Set([job.home.venv, job.core.dir, checkoutOf(job, 'alpha')]),
      entries: new Map([
        ['alpha', { link: checkoutOf(job, 'alpha') }],
        ['beta', { link: old }],
      ]),
      needCopy: new Set(['beta']),
      unchecked: ['beta'],
    }))
    expect(changes).toEqual([
      'fetch checkout:custom_nodes/beta',
      'resolve python-lock',
      'sync packages',
      'compile bytecode:venv',
      'compile bytecode:custom_nodes/beta',
      'run check',
      'place pack:beta',
    ])
  })

  test('a pack that another version already brought and checked', () => {
    const changes = changesAfter({}, (job) => ({
      ...unlocked,
      entries: new Map([['alpha', { link: checkoutOf(job, 'alpha') }]]),
    }))
    expect(changes).toEqual([
      'resolve python-lock',
      'sync packages',
      'compile bytecode:venv',
      'place pack:beta',
    ])
  })

  test('the core, when somebody changed its files', () => {
    expect(changesAfter({}, () => ({ core: 'changed' }))).toEqual([
      'repair checkout:core',
      'prepare core',
      'compile bytecode:core',
    ])
  })

  test('a pack, when somebody changed its files', () => {
    const packs = new Map<string, CheckoutState>([
      ['alpha', 'changed'],
      ['beta', 'present'],
    ])
    for (const offline of [false, true])
      expect(changesAfter({}, () => ({ packs }), { offline })).toEqual([
        'repair checkout:custom_nodes/alpha',
        'compile bytecode:custom_nodes/alpha',
      ])
  })

  test('a pack that left the spec', () => {
    const left = checkoutOf(jobOf(), 'beta')
    const changes = changesAfter({ custom_nodes: [lockPack('alpha')] }, (job) => ({
      entries: new Map([
        ['alpha', { link: checkoutOf(job, 'alpha') }],
        ['beta', { link: left }],
      ]),
    }))
    expect(changes).toEqual(['remove pack:beta'])
  })

  test('a model that is missing', () => {
    const models = [presence({ present: true }), presence({ size: 7 })]
    expect(changesAfter({}, () => ({ models }))).toEqual(['download model:1'])
  })

  test('a core too old for --base-directory that has no private tree yet', () => {
    expect(changesAfter({}, () => ({ coreCurrent: false }))).toEqual(['prepare core'])
  })

  test('generated files of the home', () => {
    expect(changesAfter({}, () => ({ homeCurrent: false }))).toEqual(['write home'])
  })

  test('bytecode of the venv', () => {
    const changes = changesAfter({}, (job) => ({
      compiled: new Set([...completeFacts(job).compiled].filter((dir) => dir !== job.home.venv)),
    }))
    expect(changes).toEqual(['compile bytecode:venv'])
  })

  test('another interpreter', () => {
    const changes = changesAfter({}, (job) => ({
      venv: { state: 'other-python', installed: completeFacts(job).venv.installed },
      compiled: new Set(),
    }))
    expect(changes).toEqual([
      'recreate venv',
      'sync packages',
      'compile bytecode:venv',
      'compile bytecode:core',
      'compile bytecode:custom_nodes/alpha',
      'compile bytecode:custom_nodes/beta',
    ])
  })
})

describe('packages', () => {
  const locked = [
    { name: 'torch', version: '2.1', commit: null },
    { name: 'numpy', version: '1.0', commit: null },
  ]

  function packagesStep(facts: Partial<Facts>): Step {
    const job = jobOf()
    return stepOf(planRealize(job, { ...completeFacts(job), ...facts }), 'packages')
  }

  test('the plan names what comes and what goes', () => {
    const found = [installed('torch', '2.0'), installed('scipy', '3.0')]
    expect(
      packagesStep({
        pythonLock: { current: true, packages: locked, twins: [], scripts: [] },
        venv: { state: 'ready', installed: found },
      }),
    ).toMatchObject({
      action: 'sync',
      add: ['torch==2.1', 'numpy==1.0'],
      remove: ['torch==2.0', 'scipy==3.0'],
    })
  })

  test('nobody knows them before they are resolved', () => {
    expect(
      packagesStep({ pythonLock: { current: false, packages: null, twins: [], scripts: [] } }),
    ).toMatchObject({
      action: 'sync',
      add: null,
      remove: null,
    })
  })

  test('a venv that is made again starts without any', () => {
    expect(
      packagesStep({
        pythonLock: { current: true, packages: locked, twins: [], scripts: [] },
        venv: { state: 'other-python', installed: [installed('torch', '2.1')] },
      }),
    ).toMatchObject({ add: ['torch==2.1', 'numpy==1.0'], remove: [] })
  })
})

describe('places of packs', () => {
  function placing(facts: (job: RealizeJob) => Partial<Facts>, options: Partial<RealizeJob> = {}) {
    const job = jobOf({ custom_nodes: [lockPack('alpha')] }, options)
    const steps = planRealize(job, { ...completeFacts(job), ...facts(job) })
    return stepOf(steps, 'pack:alpha').action
  }

  test('the link of a pack that turned out to write is replaced by a copy', () => {
    expect(placing(() => ({ needCopy: new Set(['alpha']) }))).toBe('place')
  })

  test.each([
    ['this checkout stays', (job: RealizeJob) => checkoutOf(job, 'alpha'), 'reuse'],
    ['another checkout is made again', () => '/elsewhere/alpha@1', 'place'],
  ] as const)('a private copy of %s', (_, from, action) => {
    const facts = (job: RealizeJob): Partial<Facts> => ({
      entries: new Map([['alpha', 'dir']]),
      copies: new Map([['alpha', from(job)]]),
      needCopy: new Set(['alpha']),
    })
    expect(placing(facts)).toBe(action)
  })

  test('a private copy is made again when its checkout has or may get files that it lacks', () => {
    const copied = (job: RealizeJob): Partial<Facts> => ({
      entries: new Map([['alpha', 'dir']]),
      copies: new Map([['alpha', checkoutOf(job, 'alpha')]]),
    })
    const partial = { packs: new Map([['alpha', 'partial' as const]]) }
    expect(placing((job) => ({ ...copied(job), behind: new Set(['alpha']) }))).toBe('place')
    expect(placing((job) => ({ ...copied(job), ...partial }))).toBe('place')
    expect(placing((job) => ({ ...copied(job), ...partial }), { offline: true })).toBe('reuse')
  })

  test('a pack that the import check looks at is placed after it, however it stands now', () => {
    expect(placing(() => ({ unchecked: ['alpha'] }))).toBe('place')
    expect(placing(() => ({ unchecked: ['alpha'] }), { check: 'none' })).toBe('reuse')
  })

  test('a copy stays, unless nobody needs it and nothing is in it', () => {
    const copied = (job: RealizeJob) => ({
      entries: new Map([['alpha', 'dir' as const]]),
      copies: new Map([['alpha', checkoutOf(job, 'alpha')]]),
    })
    expect(placing(copied)).toBe('reuse')
    expect(placing((job) => ({ ...copied(job), idle: new Set(['alpha']) }))).toBe('place')
  })

  test("somebody's folder or link in its place is foreign", () => {
    expect(placing(() => ({ entries: new Map([['alpha', 'dir']]) }))).toBe('foreign')
    const entries = new Map([['alpha', { link: '/home/me/alpha' }]])
    expect(placing(() => ({ entries }))).toBe('foreign')
  })

  test("somebody's folder that no pack is called after is no part of the plan", () => {
    const job = jobOf()
    const entries = new Map([...completeFacts(job).entries, ['mine', 'dir' as const]])
    const steps = planRealize(job, { ...completeFacts(job), entries })
    expect(steps.map(({ id }) => id)).not.toContain('pack:mine')
  })

  test('a link into a cache that has moved since is still ours', () => {
    const old = '/old/cache/alpha@1'
    const facts = { entries: new Map([['alpha', { link: old }]]) }
    const before = markerWith([
      { name: 'alpha', mode: 'link', checkout: old, record: '', seal: '' },
    ])
    expect(placing(() => facts, { before })).toBe('place')
  })
})

function markerWith(packs: MarkerPack[]): Marker {
  return {
    ...{ schema: 1, tool: 'comfypin', version_id: 'main', spec: '', lock: '', home: '' },
    ...{ models_dir: '', env: {}, check: null, packs },
    python: { request: null, version: '3.11.7' },
    core: { dir: '', checkout: '', base_directory: true },
    seal: { stamps: {}, models: 'complete', records: [], folders: null },
  }
}

describe('models', () => {
  test.each([
    ['here', { present: true }, {}, 'present'],
    ['on this machine', { local: true }, {}, 'copy'],
    ['elsewhere', {}, {}, 'download'],
    ['here, offline', { present: true }, { offline: true }, 'present'],
    ['on this machine, offline', { local: true }, { offline: true }, 'copy'],
    ['elsewhere, offline', {}, { offline: true }, 'missing'],
    ['elsewhere, left out', {}, { skipModels: true }, 'skip'],
  ] as const)('one that is %s', (_, fact, options, action) => {
    const job = jobOf({ models: [lockModel('a.pt')] }, options)
    const facts = { ...completeFacts(job), models: [presence(fact)] }
    expect(stepOf(planRealize(job, facts), 'model:0').action).toBe(action)
  })

  test('one inside a pack comes after it; without the pack it does not come', () => {
    const models = ['alpha', 'gone', 'nothing'].map((pack) =>
      lockModel(`custom_nodes/${pack}/ckpts/a.pt`, 'home'),
    )
    const job = jobOf({ models })
    const entries = new Map([['gone', { link: `${job.cache.checkouts}/gone@1` }]])
    const steps = planRealize(job, { ...emptyFacts(job), entries })
    const planned = steps.filter(({ kind }) => kind === 'model')
    expect(planned.map(({ action, needs }) => [action, needs])).toEqual([
      ['download', ['pack:alpha']],
      ['skip', []],
      ['skip', []],
    ])
  })

  test('one inside a pack that is missing does not put a folder in its place', () => {
    const models = [lockModel('custom_nodes/alpha/ckpts/a.pt', 'home')]
    const job = jobOf({ models }, { offline: true })
    const facts = { ...emptyFacts(job), models: [presence({ local: true })] }
    expect(stepOf(planRealize(job, facts), 'model:0').action).toBe('missing')
  })
})

describe('a registry package', () => {
  const url = 'https://cdn.example.org/a/kj/1.2.3/node.zip'
  const pin = { id: 'kj', version: '1.2.3', url, sha256: 'e'.repeat(64) }
  const kj = { ...lockPack('kj'), repo: null, commit: null, registry: pin }

  function checkoutStep(state: CheckoutState, options: Partial<RealizeJob> = {}) {
    const job = jobOf({ custom_nodes: [kj], models: [] }, options)
    const facts = { packs: new Map([['kj', state]]), archives: new Map([['kj', 77]]) }
    return stepOf(planRealize(job, { ...completeFacts(job), ...facts }), 'checkout:custom_nodes/kj')
  }

  test.each([
    ['clone', false, 'download', 77],
    ['archive', false, 'unpack', null],
    ['present', false, 'reuse', null],
    ['changed', false, 'repair', null],
    ['clone', true, 'missing', null],
    ['archive', true, 'unpack', null],
  ] as const)('that is %s (offline: %s) is a step to %s', (state, offline, action, size) => {
    expect(checkoutStep(state, { offline })).toMatchObject({
      ...{ action, size, repo: null, commit: null, registry: { id: 'kj', version: '1.2.3' } },
    })
  })

  test('lies below the host of its archive, by version and hash', () => {
    const [entry] = jobOf({ custom_nodes: [kj] }).packs
    expect(entry?.checkout?.dir).toBe(
      join(ROOT, 'cache/checkouts/cdn.example.org/kj@1.2.3-eeeeeeeeeeee'),
    )
  })
})

test('a pack in a folder shares its checkout and has a record of its own', () => {
  const part = (subdir: string) => ({ ...lockPack('mono'), name: subdir, subdir })
  const job = jobOf({ custom_nodes: [part('a'), part('b/c')], models: [] })
  const [a, b] = job.packs.map(({ checkout }) => checkout)
  expect(a?.tree).toBe(b?.tree)
  expect([a?.dir, b?.dir]).toEqual([`${a?.tree}/a`, `${a?.tree}/b/c`])
  expect(new Set([a?.record, b?.record, `${a?.tree}.pack.json`]).size).toBe(3)
  const steps = planRealize(job, emptyFacts(job))
  expect(stepOf(steps, 'checkout:custom_nodes/a')).toMatchObject({ subdir: 'a', path: a?.tree })
  expect(stepOf(steps, 'pack:b/c')).toMatchObject({ checkout: b?.dir })
})

test('a checkout that lacks LFS files is asked for them, offline it is used as it is', () => {
  const packs = new Map<string, CheckoutState>([
    ['alpha', 'partial'],
    ['beta', 'present'],
  ])
  expect(changesAfter({}, () => ({ packs }))).toEqual(['fetch checkout:custom_nodes/alpha'])
  expect(changesAfter({}, () => ({ packs }), { offline: true })).toEqual([])
})

test('offline, what is not in the cache is missing, and nothing is compiled or checked for it', () => {
  const custom_nodes = [lockPack('alpha'), { ...lockPack('beta'), commit: null }]
  const job = jobOf({ custom_nodes, models: [] }, { offline: true })
  const facts: Facts = {
    ...completeFacts(job),
    packs: new Map([
      ['alpha', 'fetch'],
      ['beta', 'unknown'],
    ]),
    entries: new Map(),
  }
  const steps = planRealize(job, facts)
  expect(steps.filter(isChange)).toEqual([])
  expect(steps.filter(({ action }) => action === 'missing').map(({ id }) => id)).toEqual([
    'checkout:custom_nodes/alpha',
    'checkout:custom_nodes/beta',
    'pack:alpha',
    'pack:beta',
  ])
})

test('packs that are called like a part of the plan get steps of their own', () => {
  const custom_nodes = ['core', 'venv', 'check'].map(lockPack)
  const job = jobOf({ custom_nodes })
  const ids = planRealize(job, emptyFacts(job)).map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
})

const NAMES = ['alpha', 'beta', 'core', 'venv', 'home', 'check', 'custom_nodes'] as const

const anyLock = fc.record({
  custom_nodes: fc
    .subarray([...NAMES])
    .chain((names) => fc.tuple(...names.map((name) => anyPack(name)))),
  models: fc.array(
    fc.oneof(
      fc.constant(lockModel('loras/a.pt')),
      fc.constantFrom(...NAMES).map((name) => lockModel(`custom_nodes/${name}/a.pt`, 'home')),
    ),
    { maxLength: 3 },
  ),
})

function anyPack(name: string): fc.Arbitrary<LockPack> {
  return fc.boolean().map((known) => ({ ...lockPack(name), ...(known ? {} : { commit: null }) }))
}

const anyOptions = fc.record({
  offline: fc.boolean(),
  skipModels: fc.boolean(),
  check: fc.constantFrom('new' as const, 'all' as const, 'none' as const),
})

const anyFacts = fc.record({
  core: fc.constantFrom<CheckoutState>('present', 'changed', 'fetch', 'clone'),
  packs: mapOf(fc.constantFrom<CheckoutState>('present', 'partial', 'changed', 'fetch')),
  archives: fc.constant(new Map<string, number>()),
  venv: fc.record({
    state: fc.constantFrom('absent' as const, 'other-python' as const, 'ready' as const),
    installed: fc.constant([installed('torch', '2.0')]),
  }),
  pythonLock: fc.constantFrom(
    {
      current: true,
      packages: [{ name: 'torch', version: '2.0', commit: null }],
      twins: [],
      scripts: [],
    },
    { current: false, packages: null, twins: [], scripts: [] },
  ),
  models: fc.array(fc.record({ present: fc.boolean(), local: fc.boolean() }).map(presence)),
  placed: fc.subarray(NAMES.map((name) => `custom_nodes/${name}/a.pt`)),
  hollow: fc.subarray([...NAMES]).map((names) => new Set<string>(names)),
  entries: mapOf(fc.constantFrom('dir' as const, { link: `${ROOT}/cache/checkouts/x@1` })),
  copies: mapOf(fc.constant('/elsewhere@1')),
  needCopy: fc.subarray([...NAMES]).map((names) => new Set<string>(names)),
  behind: fc.subarray([...NAMES]).map((names) => new Set<string>(names)),
  idle: fc.subarray([...NAMES]).map((names) => new Set<string>(names)),
  unchecked: fc.subarray<string>([...NAMES]),
  homeCurrent: fc.boolean(),
  coreCurrent: fc.boolean(),
})

/** Facts as `observe` would tell them of this job. */
function consistent(job: RealizeJob, facts: Omit<Facts, 'compiled'>): Facts {
  const stateOf = ({ pack, checkout }: JobPack): CheckoutState =>
    checkout === null ? 'unknown' : (facts.packs.get(pack.name) ?? 'clone')
  const isAvailable = (entry: JobPack) =>
    entry.checkout !== null &&
    (!job.offline || ['present', 'partial', 'changed'].includes(stateOf(entry)))
  const available = job.packs.filter(isAvailable).map(({ pack }) => pack.name)
  return {
    ...facts,
    compiled: new Set(),
    packs: new Map(job.packs.map((entry) => [entry.pack.name, stateOf(entry)])),
    unchecked: facts.unchecked.filter((name) => available.includes(name)),
  }
}

function mapOf<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Map<string, T>> {
  return fc.dictionary(fc.constantFrom(...NAMES), value).map((all) => new Map(Object.entries(all)))
}

describe('packs that are folders of one repository', () => {
  const folder = (name: string): LockPack => ({
    ...{ ...lockPack('mono'), name },
    subdir: `packs/${name}`,
  })
  const job = jobOf({ custom_nodes: [folder('one'), folder('two')] })
  const named = (steps: readonly Step[], id: string) => steps.find((step) => step.id === id)

  test('are one tree: made one after another, compiled once, before the check', () => {
    const steps = planRealize(job, { ...emptyFacts(job), unchecked: ['two'] })
    expect(named(steps, 'checkout:custom_nodes/two')?.needs).toEqual(['checkout:custom_nodes/one'])
    expect(named(steps, 'bytecode:custom_nodes/one')?.needs).toContain('checkout:custom_nodes/two')
    expect(named(steps, 'bytecode:custom_nodes/two')).toBeUndefined()
    expect(named(steps, 'check')?.needs).toContain('bytecode:custom_nodes/one')
  })

  test('are compiled again when either of them is repaired', () => {
    const facts = completeFacts(job)
    const tree = job.packs[0]?.checkout?.tree ?? ''
    const compiled = new Set([...facts.compiled, tree])
    const packs = new Map<string, CheckoutState>([
      ['one', 'present'],
      ['two', 'changed'],
    ])
    const before = planRealize(job, { ...facts, compiled })
    expect(named(before, 'bytecode:custom_nodes/one')?.action).toBe('reuse')
    const after = planRealize(job, { ...facts, compiled, packs })
    expect(named(after, 'bytecode:custom_nodes/one')?.action).toBe('compile')
  })
})

describe('a model in the folder of a pack', () => {
  const target = 'custom_nodes/alpha/ckpts/a.pt'
  const beta = jobOf({ models: [lockModel(target, 'home')], custom_nodes: [lockPack('beta')] })
  const link = `unlink:${target}`
  const dir: Facts['entries'] = new Map([['alpha', 'dir']])
  const plan = (facts: Partial<Facts>, job = beta) =>
    planRealize(job, { ...completeFacts(job), ...facts })

  test('that leaves is left out; its link goes, and then the pack', () => {
    const copies = new Map([['alpha', '/nowhere/checkout']])
    const steps = plan({ copies, entries: dir, placed: [target] })
    expect(stepOf(steps, 'model:0')).toMatchObject({ action: 'skip', needs: [] })
    expect(stepOf(steps, link)).toMatchObject({ path: `${beta.home.home}/${target}`, needs: [] })
    expect(stepOf(steps, 'pack:alpha')).toMatchObject({ action: 'remove' })
    expect(stepOf(steps, 'pack:alpha').needs).toContain(link)
  })

  test('that never was there is left out, and no folder is made for it', () => {
    const steps = plan({ entries: new Map() })
    expect(stepOf(steps, 'model:0').action).toBe('skip')
    expect(steps.filter(({ kind }) => kind === 'unlink')).toEqual([])
  })

  test('that the user put there keeps its place', () => {
    const steps = plan({ entries: dir, placed: [target] })
    expect(stepOf(steps, 'model:0').action).toBe('present')
    expect(steps.filter(({ kind }) => kind === 'unlink')).toEqual([])
  })

  test('of which nothing but links is left is left out', () => {
    const entries = new Map([...completeFacts(beta).entries, ...dir])
    const steps = plan({ entries, placed: [target], hollow: new Set(['alpha']) })
    expect(steps.filter(isChange).map(({ id }) => id)).toEqual([link])
  })

  test('that the spec names no more loses its link before the pack is placed', () => {
    const job = jobOf({ models: [] })
    const facts = { entries: dir, copies: new Map([['alpha', '/nowhere/checkout']]) }
    const steps = plan({ ...facts, placed: [target] }, job)
    expect(stepOf(steps, 'pack:alpha').needs).toContain(link)
  })

  test('that has no name for now keeps its link', () => {
    const job = jobOf({ models: [] }, { isPartial: true })
    expect(plan({ placed: [target] }, job).filter(isChange)).toEqual([])
  })
})

test('whatever is there, every need is a step, and no step waits for itself', () => {
  fc.assert(
    fc.property(anyLock, anyOptions, anyFacts, (change, options, facts) => {
      const job = jobOf(change, options)
      fc.pre(!options.offline || ['present', 'changed'].includes(facts.core)) // else it is refused
      const steps = planRealize(job, consistent(job, facts))
      const ids = steps.map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(steps.flatMap(({ needs }) => needs).filter((id) => !ids.includes(id))).toEqual([])
      expect(stuckSteps(steps)).toEqual([])
    }),
  )
})

/** Steps that are left when again and again those are taken away that need nothing. */
function stuckSteps(steps: readonly Step[]): string[] {
  const left = new Map(steps.map((step) => [step.id, step]))
  const isFree = ({ needs }: Step) => needs.every((id) => !left.has(id))
  for (let free = [...left.values()].filter(isFree); free.length > 0;) {
    for (const { id } of free) left.delete(id)
    free = [...left.values()].filter(isFree)
  }
  return [...left.keys()]
}
