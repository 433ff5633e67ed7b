declare module 'snappyjs' {
  /** Of the same kind as what is given. */
  function compress(bytes: Buffer): Buffer
  /** @throws when the bytes are no Snappy, or say that they unpack to more than `maxLength` */
  function uncompress(bytes: Buffer, maxLength?: number): Buffer
  const snappy: { readonly compress: typeof compress; readonly uncompress: typeof uncompress }
  export default snappy
}
