// parquetjs-lite has no types of its own; this is what the tests use of it.
declare module 'parquetjs-lite' {
  export class ParquetReader {
    static openFile(path: string): Promise<ParquetReader>
    readonly metadata: {
      readonly row_groups: readonly {
        readonly columns: readonly { readonly meta_data: { readonly codec: number } }[]
      }[]
    }
    getCursor(): { next(): Promise<Record<string, unknown> | null> }
    close(): Promise<void>
  }
}
