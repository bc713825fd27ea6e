// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * JA4 of the bytes on the wire, by FoxIO's specification (`technical_details/JA4.md` in
 * FoxIO-LLC/ja4) and by nothing of this package.
 *
 * @module
 */

/** Reads big-endian numbers. */
class Bytes {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#view.byteLength - this.#at;
  }

  number(size: number): number {
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + this.#view.getUint8(this.#at++);
    return value;
  }

  take(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.#view.getUint8(this.#at++);
    return bytes;
  }

  list(sizeOfLength: number): Bytes {
    return new Bytes(this.take(this.number(sizeOfLength)));
  }

  numbers(): number[] {
    const all: number[] = [];
    while (this.left > 0) all.push(this.number(2));
    return all;
  }
}

const hex = (value: number) => value.toString(16).padStart(4, "0");

const isGrease = (value: number) => /^([0-9a-f]a)\1$/.test(hex(value));

async function hash(text: string): Promise<string> {
  if (text === "") return "000000000000";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex().slice(0, 12);
}

/** Returns the fingerprint of a ClientHello that begins a connection, in its records. */
export async function ja4OfWire(wire: Uint8Array): Promise<string> {
  const records = new Bytes(wire);
  const parts: number[] = [];
  // The message may be in several records: its length is in its header
  while (parts.length < 4 || parts.length < 4 + (parts[1]! << 16 | parts[2]! << 8 | parts[3]!)) {
    records.take(3);
    parts.push(...records.take(records.number(2)));
  }
  const hello = new Bytes(new Uint8Array(parts));
  hello.take(4);
  const legacyVersion = hello.number(2);
  hello.take(32);
  hello.list(1);
  const suites = hello.list(2).numbers().filter((id) => !isGrease(id));
  hello.list(1);
  const extensions = new Map<number, Uint8Array>();
  for (const list = hello.list(2); list.left > 0;) {
    extensions.set(list.number(2), list.take(list.number(2)));
  }
  const types = [...extensions.keys()].filter((type) => !isGrease(type));
  const listed = extensions.has(43)
    ? new Bytes(extensions.get(43)!).list(1).numbers().filter((one) => !isGrease(one))
    : [legacyVersion];
  const version = { 772: "13", 771: "12", 770: "11", 769: "10" }[Math.max(...listed)] ?? "00";
  const schemes = extensions.has(13) ? new Bytes(extensions.get(13)!).list(2).numbers() : [];
  const alpn = extensions.get(16);
  const protocol = alpn === undefined ? "00" : String.fromCharCode(alpn[3]!, alpn[2 + alpn[2]!]!);
  const number = (count: number) => `${Math.min(99, count)}`.padStart(2, "0");
  const hashed = types.filter((type) => type !== 0 && type !== 16).map(hex).sort().join(",");
  const signed = schemes.filter((scheme) => !isGrease(scheme)).map(hex).join(",");
  return [
    `t${version}${extensions.has(0) ? "d" : "i"}${number(suites.length)}${
      number(types.length)
    }${protocol}`,
    await hash(suites.map(hex).sort().join(",")),
    await hash(signed === "" ? hashed : `${hashed}_${signed}`),
  ].join("_");
}
