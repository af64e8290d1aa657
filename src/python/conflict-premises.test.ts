import { expect, test } from 'vitest'
import { premisesOf } from './conflict-premises.ts'

test('a proof is reduced to its facts', () => {
  const proof = `No solution found when resolving dependencies
  cause: Because only BrushNet is available and BrushNet depends on accelerate<0.32, we can conclude that BrushNet depend on accelerate<0.32. (1)

         Because all versions of peft depend on accelerate>=1.10 and nunchaku depends on peft, we can conclude that nunchaku depends on accelerate>=1.10.
         And because we know from (1) that BrushNet depend on accelerate<0.32, we can conclude that BrushNet and nunchaku are incompatible.
         And because only nunchaku is available, we can conclude that BrushNet and nunchaku are incompatible.
         And because you require BrushNet and nunchaku, we can conclude that your requirements are unsatisfiable.`
  expect(premisesOf(proof, ['BrushNet', 'nunchaku'])).toEqual([
    'BrushNet depends on accelerate<0.32',
    'all versions of peft depend on accelerate>=1.10',
    'nunchaku depends on peft',
  ])
})

test('an install script is an owner, too', () => {
  const proof =
    'Because only install.py of A is available and install.py of A depends on x<1, we can conclude that x<1.'
  expect(premisesOf(proof, ['install.py of A'])).toEqual(['install.py of A depends on x<1'])
})

test('a version that is not there is a fact', () => {
  const proof =
    'Because there is no version of x==9 and A depends on x==9, we can conclude that A cannot be used.'
  expect(premisesOf(proof, ['A'])).toEqual(['there is no version of x==9', 'A depends on x==9'])
})

test('the wrapped proof of an older uv is understood', () => {
  const proof =
    '× No solution\n  ╰─▶ Because A depends on\n      x<1 and B depends on x>=2, we can\n conclude that'
  expect(premisesOf(proof, [])).toEqual(['A depends on x<1', 'B depends on x>=2'])
})

test('anything else has no facts', () => {
  expect(premisesOf('it did not work', [])).toEqual([])
})
