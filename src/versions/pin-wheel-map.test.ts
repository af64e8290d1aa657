import { writeFileSync } from 'node:fs'
import { machine } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { readWheelMap } from './pin-wheel-map.ts'

test('names are normalized, and paths start at the folder of the map', () => {
  const dir = tempDir('map')
  const file = join(dir, 'map.json')
  writeFileSync(file, '{"My_Package": "./a b.whl", "other": "https://example.org/o.whl"}')
  expect([...readWheelMap(file)]).toEqual([
    ['my-package', `file://${dir}/a%20b.whl`],
    ['other', 'https://example.org/o.whl'],
  ])
})

test('of a pylock, a package counts when one of its wheels is meant for this machine', () => {
  const file = join(tempDir('map'), 'pylock.toml')
  const table = (name: string, ...wheels: string[]) =>
    `[[packages]]\nname = "${name}"\nwheels = [${wheels.map((url) => `{ url = "https://example.org/${url}" }`).join(', ')}]\n`
  writeFileSync(
    file,
    [
      'lock-version = "1.0"\n',
      table('one', 'one-1-cp311-cp311-plan9.whl'),
      table('fits', `fits-1-cp311-cp311-linux_${machine()}.whl`, 'fits-1-cp311-cp311-plan9.whl'),
      table('many', 'many-1-py2-none-any.whl', 'many-1-py3-none-any.whl'),
      table('source'),
    ].join('\n'),
  )
  expect([...readWheelMap(file).keys()]).toEqual(['one', 'fits'])
})
