/** What an error means for the run that meets it; decides the exit code (and later the HTTP status). */
export type ErrorKind = 'input' | 'config' | 'transient' | 'internal'

/** Every code droplake can answer with. Each has an entry in docs/errors.md; a test compares the two. */
export const ERROR_KINDS = {
  UPLOAD_UNKNOWN_TABLE: 'input',
  UPLOAD_AMBIGUOUS_TABLE: 'input',
  UPLOAD_NOT_A_FILE: 'input',
  UPLOAD_UNREADABLE: 'input',
  UPLOAD_EMPTY: 'input',
  UPLOAD_NOT_TEXT: 'input',
  UPLOAD_TOO_LARGE: 'input',
  UPLOAD_DAMAGED: 'input',
  CSV_HEADER_MISMATCH: 'input',
  CSV_NO_RECORD_FITS: 'input',
  CSV_DOES_NOT_ADD_UP: 'input',
  FILE_ROW_COUNT: 'input',
  FILE_RULE_BROKEN: 'input',
  FILE_REJECTS_EXCEEDED: 'input',
  MART_TEST_FAILED: 'input',
  BACKUP_DAMAGED: 'input',
  BACKUP_DOES_NOT_FIT: 'input',
  RESTORE_REFUSED: 'input',
  USAGE: 'config',
  CONFIG_NOT_FOUND: 'config',
  CONFIG_NOT_JSON: 'config',
  CONFIG_INVALID: 'config',
  CONTRACT_CONFLICT: 'config',
  MART_INVALID: 'config',
  MART_NOT_TRACEABLE: 'config',
  REPORT_INVALID: 'config',
  PROJECT_EXISTS: 'config',
  LAKE_NOT_FOUND: 'config',
  LAKE_MOVED: 'config',
  RUN_NOT_FOUND: 'config',
  VERSION_NOT_FOUND: 'config',
  VERSION_VACUUMED: 'config',
  TABLE_NOT_FOUND: 'config',
  BACKUP_NOT_FOUND: 'config',
  MART_NOT_FOUND: 'config',
  QUERY_REFUSED: 'config',
  QUERY_FAILED: 'config',
  LAKE_BUSY: 'transient',
  RUN_STOPPED: 'transient',
  LAKE_DAMAGED: 'internal',
  CONSERVATION_BROKEN: 'internal',
  STORAGE_FAILED: 'internal',
  ENGINE_FAILED: 'internal',
  INTERNAL: 'internal',
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERROR_KINDS

export interface ErrorExtras {
  /** The next command or edit, as an order: `Fix the header and drop the file again.` */
  readonly hint?: string
  /** What a program reads. */
  readonly details?: Readonly<Record<string, unknown>>
  readonly cause?: unknown
  /** Where it is not the one of its kind. */
  readonly exitCode?: number
}

const EXIT_CODES: Record<ErrorKind, number> = { internal: 1, config: 2, input: 3, transient: 75 }

/** The one error class: a code from the table above, a message that names the thing found and the thing expected. */
export class DroplakeError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>>
  readonly exitCode: number

  constructor(code: ErrorCode, message: string, extras: ErrorExtras = {}) {
    super(message, extras.cause === undefined ? undefined : { cause: extras.cause })
    this.name = 'DroplakeError'
    this.code = code
    this.hint = extras.hint
    this.details = extras.details ?? {}
    this.exitCode = extras.exitCode ?? EXIT_CODES[this.kind]
  }

  get kind(): ErrorKind {
    return ERROR_KINDS[this.code]
  }
}

/** Any thrown value as a DroplakeError; what is not ours becomes INTERNAL and keeps its cause. */
export function toDroplakeError(thrown: unknown): DroplakeError {
  if (thrown instanceof DroplakeError) return thrown
  if (isSystemError(thrown, ...STORAGE_ERRORS)) return storageFailed(withPath(thrown as NodeJS.ErrnoException), thrown)
  return new DroplakeError('INTERNAL', messageOf(thrown), {
    cause: thrown,
    hint: 'This is a fault of droplake or of the machine: run again with --debug and report what it prints.',
  })
}

/** What DuckDB's messages say, in the words of the C library, when the file system refuses. */
const STORAGE_SENTENCES =
  /^(IO|TransactionContext|FATAL) Error: .*(No space left on device|Disk quota exceeded|Input\/output error|Read-only file system|Permission denied|Operation not permitted|Too many open files|File too large|fsync failed)/s

/** The engine's error as a refusal of the file system, when that is what it is. */
export function storageFailure(message: string, cause: unknown): DroplakeError | undefined {
  return STORAGE_SENTENCES.test(message) ? storageFailed(message.replace(/\s*\n\s*/g, ' '), cause) : undefined
}

const STORAGE_ERRORS = ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'EFBIG']

/** Calls on an open file do not say which one it is, unless they were told. */
function withPath({ message, path }: NodeJS.ErrnoException): string {
  return path === undefined || message.includes(path) ? message : `${message} ("${path}")`
}

function storageFailed(message: string, cause: unknown): DroplakeError {
  return new DroplakeError('STORAGE_FAILED', `the file system refused: ${message}`, {
    cause,
    hint: 'Free space, or give the rights that are missing, and run again; what was not committed is taken away.',
  })
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/** True for a Node.js system error of one of these codes, such as `ENOENT`. */
export function isSystemError(thrown: unknown, ...codes: string[]): boolean {
  return thrown instanceof Error && codes.includes((thrown as NodeJS.ErrnoException).code ?? '')
}

/** Ends a `switch` over a union: the compiler refuses a case that was forgotten. */
export function assertNever(value: never): never {
  throw new DroplakeError('INTERNAL', `unexpected case ${JSON.stringify(value)}`)
}
