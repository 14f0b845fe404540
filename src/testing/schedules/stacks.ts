/** Stacks without the frames of this library, which tell a user nothing. */

/** Where this library stands; where it was compiled, source maps lead to the sources. */
const HERE: string = new URL("../..", import.meta.url).href.replace(/^file:\/\//, "");
const SOURCES: string = HERE.replace(/\/dist\/$/, "/src/");

/** The runtime's own, and assertions. */
const FOREIGN: RegExp = /^(?:node:|ext:|native|\[native|unknown:)|node_modules|\bassert\.ts:/;

function isOwn(place: string): boolean {
  return place.startsWith(HERE) || place.startsWith(SOURCES);
}

/** `file:line:column` of a line of a stack; undefined for a line that has none. */
function placeOf(line: string): string | undefined {
  const match = /(?:\(|@|at )((?:file:\/\/)?[^()@\s][^()@]*:\d+(?::\d+)?)\)?$/.exec(line.trim());
  return match?.[1].replace(/^.*\s/, "").replace(/^file:\/\//, "");
}

/** The places in the user's own code, innermost first, as far out as the loop. */
export function placesOf(stack: string): string[] {
  const places: string[] = [];
  for (const line of stack.split("\n")) {
    const place = placeOf(line);
    if (place === undefined) continue;
    if (isOwn(place)) {
      if (line.includes("resume")) break; // below is the loop, and whoever runs the test
    } else if (!FOREIGN.test(place)) places.push(place);
  }
  return places;
}

/** `bank.test.ts:12` */
export function shortPlace(place: string): string {
  return place.replace(/^.*\//, "").replace(/:(\d+):\d+$/, ":$1");
}

/** The stack of an error of ours without our own frames: it begins with the user's call. */
export function withoutOwn(stack: string, message: string): string {
  const at = stack.indexOf(message);
  const head = at < 0 ? "" : stack.slice(0, at + message.length);
  const frames = stack.slice(head.length).split("\n");
  return head + frames.filter((line) => !isOwn(placeOf(line) ?? "")).join("\n");
}
