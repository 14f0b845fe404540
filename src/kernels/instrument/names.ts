/** The name section: function names for stack traces, kept right when functions are added. */
import { ByteReader, ByteWriter } from "./bytes.ts";
import type { Section, WasmModule } from "./module.ts";

/** The numbers of the subsections that are keyed by a function, and of the labels, which lose their places. */
const subsection = { functions: 1, locals: 2, labels: 3 } as const;

export function readFunctionNames(module: WasmModule): Map<number, string> {
  const names = new Map<number, string>();
  const section = module.sections.find((other) => other.name === "name");
  if (section === undefined) return names;
  eachSubsection(module.bytes, section, (id, part) => {
    if (id !== subsection.functions) return;
    for (let left = part.u32(); left > 0; left--) names.set(part.u32(), part.string());
  });
  return names;
}

/** The section's content with the functions renumbered by `moved`, and names for the `added` ones. */
export function moveNames(
  module: WasmModule,
  section: Section,
  moved: (index: number) => number,
  added: Map<number, string>,
): Uint8Array {
  const out = new ByteWriter(section.end - section.content);
  eachSubsection(module.bytes, section, (id, part) => {
    const content = new ByteWriter(part.end - part.at);
    if (id === subsection.functions) writeFunctions(part, content, moved, added);
    else if (id === subsection.locals) writeLocals(part, content, moved);
    else if (id !== subsection.labels) content.bytes(part.take(part.end - part.at));
    if (id !== subsection.labels) out.u8(id).sized(content.written);
  });
  return out.written;
}

function writeFunctions(
  part: ByteReader,
  content: ByteWriter,
  moved: (index: number) => number,
  added: Map<number, string>,
): void {
  const names = new Map(added);
  for (let left = part.u32(); left > 0; left--) names.set(moved(part.u32()), part.string());
  content.u32(names.size);
  for (const [index, name] of [...names].sort(([a], [b]) => a - b)) content.u32(index).string(name);
}

function writeLocals(part: ByteReader, content: ByteWriter, moved: (index: number) => number): void {
  const count = part.u32();
  content.u32(count);
  for (let i = 0; i < count; i++) {
    content.u32(moved(part.u32()));
    const start = part.at;
    for (let left = part.u32(); left > 0; left--) {
      part.u32();
      part.string();
    }
    content.bytes(part.bytes.subarray(start, part.at));
  }
}

function eachSubsection(
  bytes: Uint8Array,
  section: Section,
  visit: (id: number, part: ByteReader) => void,
): void {
  const reader = new ByteReader(bytes, section.content, section.end);
  while (!reader.done) visit(reader.u8(), reader.part(reader.u32()));
}
