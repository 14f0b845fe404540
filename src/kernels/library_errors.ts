/** The errors of AssemblyScript's library, by number: a kernel that had their texts in it would need a memory of its own. */

/** As `util/error.ts` of the library has them, by their names there. The number of an error is its place here. */
export const LIBRARY_ERRORS: readonly (readonly [name: string, text: string])[] = [
  ["E_INDEXOUTOFRANGE", "Index out of range"],
  ["E_VALUEOUTOFRANGE", "Value out of range"],
  ["E_INVALIDLENGTH", "Invalid length"],
  ["E_EMPTYARRAY", "Array is empty"],
  ["E_HOLEYARRAY", "Element type must be nullable if array is holey"],
  ["E_KEYNOTFOUND", "Key does not exist"],
  ["E_ALLOCATION_TOO_LARGE", "Allocation too large"],
];

/** What `tendril.libraryError` throws. */
export function libraryError(code: number): RangeError {
  return new RangeError(LIBRARY_ERRORS[code]?.[1] ?? `error ${code} of AssemblyScript's library`);
}
