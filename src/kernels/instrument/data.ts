/**
 * Data segments. A second instance over the same memory must not write them again: by then the first instance's
 * program has changed what they held.
 */
import { ByteReader, ByteWriter } from "./bytes.ts";
import { readExpression } from "./code.ts";
import { readSections, type Section, sectionId } from "./module.ts";

/** Whether an instance writes data into its memory as it starts. */
export function hasData(module: Uint8Array): boolean {
  const section = dataSection(module);
  return section !== undefined &&
    readSegments(module, section).some(({ active, size }) => active && size > 0);
}

/**
 * The same module without what it writes into its memory as it starts.
 *
 * A segment that was active is empty and passive afterwards. To the code that is no difference: an instance drops its
 * active segments once they are written. And the other segments keep their numbers.
 */
export function stripData(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const section = dataSection(module);
  if (section === undefined) return module.slice();
  const segments = readSegments(module, section);
  const content = new ByteWriter(section.end - section.start).u32(segments.length);
  for (const { active, start, end } of segments) {
    if (active) content.u8(1, 0);
    else content.bytes(module.subarray(start, end));
  }
  const out = new ByteWriter(module.length);
  out.bytes(module.subarray(0, section.header)).u8(sectionId.data).sized(content.written);
  return out.bytes(module.subarray(section.end)).written.slice();
}

function dataSection(module: Uint8Array): (Section & { header: number }) | undefined {
  let header = 8;
  for (const section of readSections(module)) {
    if (section.id === sectionId.data) return { ...section, header };
    header = section.end;
  }
  return undefined;
}

function readSegments(module: Uint8Array, section: Section): Segment[] {
  const reader = new ByteReader(module, section.start, section.end);
  const segments: Segment[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    const start = reader.at;
    const form = reader.u32();
    if (form > 2) reader.fail(`a data segment of the kind ${form}`, start);
    if (form === 2) reader.u32();
    if (form !== 1) readExpression(reader);
    const size = reader.u32();
    reader.skip(size);
    segments.push({ active: form !== 1, size, start, end: reader.at });
  }
  return segments;
}

interface Segment {
  active: boolean;
  size: number;
  start: number;
  end: number;
}
