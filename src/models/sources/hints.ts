import type { Settings } from '../../core/settings.ts'
import type { RemoteAddress } from '../types.ts'

type Text = Readonly<Record<Settings['language'], string>>

/** What to do when a server refuses a source: which token or licence is missing (R67). */
export function createHint(
  settings: Settings,
  { kind, canonical, authorization }: RemoteAddress,
): (status: number | 'page') => string {
  return (status) => {
    const tokens = { huggingface: settings.hfToken, civitai: settings.civitaiToken, http: null }
    const hasToken = authorization !== null || tokens[kind] !== null
    return hint(kind, canonical, hasToken, status)[settings.language]
  }
}

function hint(
  kind: RemoteAddress['kind'],
  canonical: string,
  hasToken: boolean,
  status: number | 'page',
): Text {
  if (status === 401 || status === 403 || (status === 'page' && kind !== 'http'))
    return refused(kind, canonical, hasToken)
  if (status === 'page')
    return {
      en: 'the address leads to a web page; use the address of the file itself',
      ru: 'адрес ведёт на веб-страницу; нужен адрес самого файла',
    }
  if (status === 404 || status === 410) return absent(kind, hasToken)
  if (status === 429)
    return {
      en: 'the server limits requests; wait a while and run the command again',
      ru: 'сервер ограничивает запросы; подождите и повторите команду',
    }
  return {
    en: 'the server has trouble; run the command again later',
    ru: 'на сервере неполадки; повторите команду позже',
  }
}

function refused(kind: RemoteAddress['kind'], canonical: string, hasToken: boolean): Text {
  if (kind === 'huggingface') {
    const page = canonical.replace(/\/resolve\/.*$/, '')
    return hasToken
      ? {
          en: `accept the licence on ${page} with the account of HF_TOKEN, and let the token read gated repositories`,
          ru: `примите лицензию на ${page} под учётной записью HF_TOKEN и дайте токену доступ к закрытым репозиториям`,
        }
      : {
          en: `set HF_TOKEN to a token of an account that may read ${page} (its licence may have to be accepted there)`,
          ru: `задайте HF_TOKEN: токен учётной записи с доступом к ${page} (возможно, там нужно принять лицензию)`,
        }
  }
  if (kind === 'civitai')
    return hasToken
      ? {
          en: 'CIVITAI_TOKEN is not accepted, or this version is early access or restricted by its author',
          ru: 'CIVITAI_TOKEN не принят, либо версия в раннем доступе или ограничена автором',
        }
      : {
          en: 'set CIVITAI_TOKEN: this file needs a login',
          ru: 'задайте CIVITAI_TOKEN: для этого файла нужен вход',
        }
  return {
    en: 'the server wants a login: put user:password@ before the host, or use another source',
    ru: 'сервер требует входа: укажите user:password@ перед именем сервера или другой источник',
  }
}

function absent(kind: RemoteAddress['kind'], hasToken: boolean): Text {
  if (kind === 'huggingface')
    return {
      en: `check repository, revision and path${hasToken ? '' : '; a private repository needs HF_TOKEN'}`,
      ru: `проверьте репозиторий, ревизию и путь${hasToken ? '' : '; для закрытого репозитория нужен HF_TOKEN'}`,
    }
  if (kind === 'civitai')
    return {
      en: 'check the version id; the author may have removed the version',
      ru: 'проверьте id версии; автор мог её удалить',
    }
  return { en: 'check the address', ru: 'проверьте адрес' }
}
