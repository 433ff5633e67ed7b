/** stderr with one line at its end that is written anew again and again, where it is a terminal. */
export class Terminal {
  readonly #stream: NodeJS.WriteStream
  #hasStatus = false

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  get isInteractive(): boolean {
    return this.#stream.isTTY === true
  }

  write(text: string): void {
    this.clearStatus()
    this.#stream.write(text)
  }

  /** Show a line until something else is written; nothing where it would not vanish again. */
  showStatus(text: string): void {
    if (!this.isInteractive) return
    this.#stream.write(`\r\x1b[2K${text.slice(0, Math.max(10, (this.#stream.columns ?? 80) - 1))}`)
    this.#hasStatus = true
  }

  clearStatus(): void {
    if (this.#hasStatus) this.#stream.write('\r\x1b[2K')
    this.#hasStatus = false
  }
}
