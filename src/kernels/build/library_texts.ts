/**
 * AssemblyScript's library without the texts of its errors. `throw new RangeError(E_INVALIDLENGTH)` puts that text and the file's name
 * into the module as data. Then each kernel with a `new StaticArray` had data, and with it needed a memory of its own, where arguments
 * have to be copied in. So the usual errors become a call with a number, by a change of the library's sources as they are read:
 *
 *     throw new RangeError(E_INVALIDLENGTH);   ->   { libraryError(2); return unreachable(); }
 *
 * The `return` is what tells the compiler that nothing comes after, as `throw` did; a constructor may not have it, and does not need
 * it. What has another form stays as it is, and only costs the data: that is all that a new version of the library can change.
 */
import { LIBRARY_ERRORS } from "../library_errors.ts";

const THROW = /throw new \w+\((E_\w+)\);/g;
/** Where a member of a class ends, in the library's layout. */
const MEMBER_END = "\n  }\n";

/** A file of the library, changed. */
export function withoutTexts(source: string): string {
  return source.replace(THROW, (statement, name: string, at: number) => {
    const code = LIBRARY_ERRORS.findIndex(([known]) => known === name);
    if (code < 0) return statement;
    const member = source.slice(source.lastIndexOf(MEMBER_END, at) + 1, at);
    const end = /\bconstructor\(/.test(member) ? "unreachable()" : "return unreachable()";
    return `{ libraryError(${code}); ${end}; }`;
  });
}
