import type { Settings } from '../../core/settings.ts'
import type { BucketAddress, RemoteAddress } from '../types.ts'

type Text = Readonly<Record<Settings['language'], string>>

/** What to do when a server refuses a source: which token or licence is missing (R67). */
export function createHint(
  settings: Settings,
  { kind, canonical, authorization }: RemoteAddress,
): (status: number | 'page', code?: string) => string {
  return (status, code) => {
    const tokens = { huggingface: settings.hfToken, civitai: settings.civitaiToken, http: null }
    const hasToken = authorization !== null || tokens[kind] !== null
    const text = hubHint(canonical, hasToken, code) ?? hint(kind, canonical, hasToken, status)
    return text[settings.language]
  }
}

/** The same for a bucket. */
export function bucketHint(
  { language }: Settings,
  kind: BucketAddress['kind'],
  hasCredentials: boolean,
  status: number | 'page',
): string {
  const isRefused = status === 400 || status === 401 || status === 403
  const text = isRefused ? BUCKET_REFUSED[kind][hasCredentials ? 'with' : 'without'] : null
  return (text ?? (status === 404 ? BUCKET_ABSENT : otherHint(status)))[language]
}

const BUCKET_ABSENT: Text = {
  en: 'check the bucket and the path',
  ru: 'проверьте имя бакета и путь',
}

const BUCKET_REFUSED: Readonly<
  Record<BucketAddress['kind'], Readonly<Record<'with' | 'without', Text>>>
> = {
  s3: {
    without: {
      en: 'the object is not public: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE',
      ru: 'объект не публичный: задайте AWS_ACCESS_KEY_ID и AWS_SECRET_ACCESS_KEY либо AWS_PROFILE',
    },
    with: {
      en: 'the AWS credentials are not valid, or they do not allow s3:GetObject here',
      ru: 'ключи AWS не приняты или не разрешают s3:GetObject для этого объекта',
    },
  },
  gs: {
    without: {
      en: 'the object is not public: set GOOGLE_APPLICATION_CREDENTIALS, or log in with gcloud auth application-default login',
      ru: 'объект не публичный: задайте GOOGLE_APPLICATION_CREDENTIALS или войдите через gcloud auth application-default login',
    },
    with: {
      en: 'the Google credentials do not allow storage.objects.get here (role Storage Object Viewer)',
      ru: 'ключи Google не разрешают storage.objects.get для этого объекта (роль Storage Object Viewer)',
    },
  },
}

/** What huggingface.co says in `x-error-code` (as `hf_raise_for_status` of huggingface_hub reads it). */
function hubHint(canonical: string, hasToken: boolean, code: string | undefined): Text | null {
  switch (code) {
    case 'GatedRepo':
      return refused('huggingface', canonical, hasToken)
    case 'RepoNotFound':
      return {
        en: `check the name of the repository${hasToken ? '; a private one needs a token that may read it' : '; a private one needs HF_TOKEN'}`,
        ru: `проверьте имя репозитория${hasToken ? '; для закрытого нужен токен с доступом к нему' : '; для закрытого нужен HF_TOKEN'}`,
      }
    case 'RevisionNotFound':
      return {
        en: 'the repository is there, the revision is not: check the branch, tag or commit',
        ru: 'репозиторий есть, ревизии нет: проверьте ветку, тег или коммит',
      }
    case 'EntryNotFound':
      return {
        en: 'the repository is there, the file is not: check its path in this revision',
        ru: 'репозиторий есть, файла нет: проверьте его путь в этой ревизии',
      }
    default:
      return null
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
  return status === 404 || status === 410 ? absent(kind, hasToken) : otherHint(status)
}

function otherHint(status: number | 'page'): Text {
  if (status === 'page')
    return {
      en: 'the address leads to a web page; use the address of the file itself',
      ru: 'адрес ведёт на веб-страницу; нужен адрес самого файла',
    }
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
