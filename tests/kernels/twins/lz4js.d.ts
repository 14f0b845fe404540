/** The package has no types of its own. */
declare module "lz4js" {
  export function compress(data: Uint8Array): Uint8Array;
  export function decompress(frame: Uint8Array): Uint8Array;
}
