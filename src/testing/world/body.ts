/** Bodies of requests and responses, as both let them be read in a simulation. */
import { type Bytes, Incoming, SimulatedBlob } from "./content.ts";
import { SimulatedPromise } from "./simulated_promise.ts";
import { SimulatedStream } from "./simulated_stream.ts";

/** What requests and responses read their bodies by. */
export class Reading {
  readonly incoming: Incoming;
  private stream: SimulatedStream | null = null;

  constructor(incoming: Incoming) {
    this.incoming = incoming;
  }

  get body(): SimulatedStream {
    return this.stream ??= new SimulatedStream(this.incoming);
  }

  get used(): boolean {
    return this.incoming.used;
  }

  bytes(): Promise<Bytes> {
    if (this.stream?.locked === true) {
      return SimulatedPromise.reject(new TypeError("Body is unusable: its stream is locked to a reader"));
    }
    return this.incoming.all();
  }

  text(): Promise<string> {
    return this.bytes().then((bytes) => new TextDecoder().decode(bytes));
  }

  blob(type: string): Promise<Blob> {
    return this.bytes().then((bytes) => new SimulatedBlob([bytes], { type }));
  }

  form(type: string): Promise<FormData> {
    return this.text().then((text) => {
      if (!type.startsWith("application/x-www-form-urlencoded")) {
        throw new TypeError(
          `formData() reads application/x-www-form-urlencoded in a simulation, not ${type}`,
        );
      }
      const form = new FormData();
      for (const [name, value] of new URLSearchParams(text)) form.append(name, value);
      return form;
    });
  }

  /** A copy of what nobody has begun to read. */
  copy(what: string): Incoming {
    if (this.used) throw new TypeError(`${what}.clone: its body is read already`);
    return new Incoming(this.incoming.pieces);
  }
}

/** Puts the members that read a body into a class, in place of the native ones. */
export function giveBody<T extends Request | Response>(
  to: { readonly prototype: T },
  readingOf: (self: T) => Reading | null,
): void {
  const read = (self: T) => readingOf(self) ?? new Reading(new Incoming([]));
  const typeOf = (self: T) => self.headers.get("content-type") ?? "";
  const members: object & ThisType<T> = {
    get body(): SimulatedStream | null {
      return readingOf(this as T)?.body ?? null;
    },
    get bodyUsed(): boolean {
      return readingOf(this as T)?.used ?? false;
    },
    arrayBuffer(): Promise<ArrayBuffer> {
      return this.bytes().then(({ buffer }) => buffer);
    },
    bytes(): Promise<Bytes> {
      return read(this).bytes();
    },
    text(): Promise<string> {
      return read(this).text();
    },
    json(): Promise<never> {
      return this.text().then(JSON.parse) as Promise<never>;
    },
    blob(): Promise<Blob> {
      return read(this).blob(typeOf(this));
    },
    formData(): Promise<FormData> {
      return read(this).form(typeOf(this));
    },
  };
  for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(members))) {
    Object.defineProperty(to.prototype, name, { ...member, enumerable: false });
  }
}
