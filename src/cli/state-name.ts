import { say, type Language } from '../core/messages.ts'

const STATES = {
  ready: 'stateRealized',
  outdated: 'stateOutdated',
  'spec only': 'stateSpecOnly',
  invalid: 'stateInvalid',
} as const

/** The state of a version for people. */
export function stateName(state: keyof typeof STATES, language: Language): string {
  return say(language, STATES[state], {})
}
