import { say, type Language } from './messages.ts'

const SUBJECTS = {
  spec: 'subjectSpec',
  lock: 'subjectLock',
  core: 'kindCore',
  pack: 'kindPack',
  model: 'kindModel',
  package: 'subjectPackage',
  packages: 'kindPackages',
  requirement: 'subjectRequirement',
  option: 'subjectOption',
  home: 'kindHome',
} as const

/** `pack <name>` for people: its first word in their language, its name as it is. */
export function subjectName(subject: string, language: Language): string {
  const [word = '', ...name] = subject.split(' ')
  const key = Object.entries(SUBJECTS).find(([known]) => known === word)?.[1]
  return key === undefined ? subject : [say(language, key, {}), ...name].join(' ')
}
