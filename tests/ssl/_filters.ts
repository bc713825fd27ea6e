// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What the filter tests do to handshake messages: actions on a message as a whole, and edits of its
 * fields. Offsets are counted here, not by the library's codecs, so that a mistake in those shows.
 *
 * @module
 */

import type { MessageFilter } from "../../ssl/engine/engine.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What becomes of a message's body. */
export type Edit = (body: Bytes) => Bytes;

/** What is done to one message on its way out. */
export type Action =
  | "drop"
  | "duplicate"
  | "reorder"
  | { readonly edit: Edit }
  | { readonly type: number; readonly body?: readonly number[] };

/** Frames a body. */
export function frame(type: number, body: Uint8Array | readonly number[]): Bytes {
  const { length } = body;
  return new Uint8Array([type, length >> 16, length >> 8 & 0xff, length & 0xff, ...body]);
}

/** A filter that acts on the n-th message of a type (from 0) that this end sends. */
export function actOn(type: number, index: number, action: Action): MessageFilter {
  let seen = 0;
  let held: Bytes | null = null;
  return ({ type: itsType, body, raw }) => {
    if (itsType !== type || seen++ !== index) {
      if (held === null) return [raw];
      const late = held;
      held = null;
      return [raw, late];
    }
    if (action === "drop") return [];
    if (action === "duplicate") return [raw, raw];
    if (action === "reorder") {
      held = raw;
      return [];
    }
    if ("edit" in action) return [frame(type, action.edit(body.slice()))];
    return [frame(action.type, action.body ?? body)];
  };
}

/** Cuts the last byte off; the message's own length says so. */
export const truncate: Edit = (body) => body.slice(0, -1);

/** Adds a byte; the message's own length says so. */
export const append: Edit = (body) => new Uint8Array([...body, 0]);

/** Inverts the lowest bit of a byte; negative places count from the end. */
export function flip(at: number): Edit {
  return (body) => {
    body[at < 0 ? body.length + at : at]! ^= 1;
    return body;
  };
}

/** Sets two bytes. */
export function setU16(at: number, value: number): Edit {
  return (body) => {
    body[at] = value >> 8;
    body[at + 1] = value;
    return body;
  };
}

/**
 * Puts a byte in and does as if it was part of the vector whose length of one byte is at that
 * place.
 */
export function growVector8(at: number): Edit {
  return (body) => {
    body[at]!++;
    return new Uint8Array([...body.subarray(0, at + 1), 0, ...body.subarray(at + 1)]);
  };
}

/** Where the fields of a hello are (RFC 8446, Sections 4.1.2 and 4.1.3). */
export const HELLO = { legacyVersion: 0, random: 2, sessionId: 35 } as const;

/** Where the rest of a ClientHello begins, behind a session ID of 32 bytes. */
const CLIENT_SUITES = 67;

/** The length of the list of cipher suites. */
export const editSuites = (id: number): Edit => (body) => {
  const end = CLIENT_SUITES + 2 + u16(body, CLIENT_SUITES);
  for (let at = CLIENT_SUITES + 2; at < end; at += 2) setU16(at, id)(body);
  return body;
};

/** Sets ClientHello's one compression method. */
export const setCompression = (method: number): Edit => (body) => {
  body[CLIENT_SUITES + 2 + u16(body, CLIENT_SUITES) + 1] = method;
  return body;
};

/** Where ServerHello has its cipher suite and compression, behind a session ID of 32 bytes. */
export const SERVER_HELLO = { cipherSuite: 67, compression: 69 } as const;

/** Which message an extension block stands in, and so where it begins. */
export type BlockOf =
  | "ClientHello"
  | "ServerHello"
  | "EncryptedExtensions"
  | "CertificateRequest";

/** Edits the body of one extension; `null` takes the extension out, a number changes its type. */
export function editExtension(
  message: BlockOf,
  type: number,
  edit: Edit | null | number,
): Edit {
  return (body) => {
    const start = blockStart(message, body);
    const block: number[] = [];
    let found = false;
    for (let at = start + 2; at < start + 2 + u16(body, start);) {
      const itsType = u16(body, at);
      const length = u16(body, at + 2);
      let data = body.slice(at + 4, at + 4 + length);
      at += 4 + length;
      let newType = itsType;
      if (itsType === type) {
        found = true;
        if (edit === null) continue;
        if (typeof edit === "number") newType = edit;
        else data = edit(data);
      }
      block.push(newType >> 8, newType & 0xff, data.length >> 8, data.length & 0xff, ...data);
    }
    if (!found) throw new Error(`Cannot edit: extension ${type} is not in ${message}`);
    return withBlock(body, start, block);
  };
}

/** Adds an extension, at the end or in front of all. */
export function addExtension(
  message: BlockOf,
  type: number,
  data: readonly number[] = [],
  where: "first" | "last" = "last",
): Edit {
  return (body) => {
    const start = blockStart(message, body);
    const old = body.subarray(start + 2, start + 2 + u16(body, start));
    const added = [type >> 8, type & 0xff, data.length >> 8, data.length & 0xff, ...data];
    return withBlock(body, start, where === "last" ? [...old, ...added] : [...added, ...old]);
  };
}

/** Moves the last extension to the front. */
export const lastExtensionFirst: Edit = (body) => {
  const start = blockStart("ClientHello", body);
  const block = [...body.subarray(start + 2)];
  let last = 0;
  for (let at = 0; at < block.length; at += 4 + (block[at + 2]! << 8 | block[at + 3]!)) last = at;
  return withBlock(body, start, [...block.slice(last), ...block.slice(0, last)]);
};

function withBlock(body: Bytes, start: number, block: readonly number[]): Bytes {
  const { length } = block;
  const rest = body.subarray(start + 2 + u16(body, start));
  return new Uint8Array([
    ...body.subarray(0, start),
    length >> 8,
    length & 0xff,
    ...block,
    ...rest,
  ]);
}

function blockStart(message: BlockOf, body: Bytes): number {
  switch (message) {
    case "ClientHello": {
      const compression = CLIENT_SUITES + 2 + u16(body, CLIENT_SUITES);
      return compression + 1 + body[compression]!;
    }
    case "ServerHello":
      return 70;
    case "EncryptedExtensions":
      return 0;
    case "CertificateRequest":
      return 1 + body[0]!;
  }
}

function u16(body: Bytes, at: number): number {
  return body[at]! << 8 | body[at + 1]!;
}

/**
 * Changes one extension of a hello or EncryptedExtensions: `null` takes it out; it is added where
 * it is missing.
 */
export function setExtension(message: Block, type: number, data: readonly number[] | null): Edit {
  return (body) => {
    const u16 = (at: number) => body[at]! << 8 | body[at + 1]!;
    let start = 0;
    if (message !== "EncryptedExtensions") start = 35 + body[34]!; // behind the session ID
    if (message === "ServerHello") start += 3;
    if (message === "ClientHello") start += 2 + u16(start);
    if (message === "ClientHello") start += 1 + body[start]!;
    const block: number[] = [];
    for (let at = start + 2; at < body.length; at += 4 + u16(at + 2)) {
      if (u16(at) !== type) block.push(...body.subarray(at, at + 4 + u16(at + 2)));
    }
    if (data !== null) block.push(type >> 8, type & 0xff, 0, data.length, ...data);
    const { length } = block;
    return new Uint8Array([...body.subarray(0, start), length >> 8, length & 0xff, ...block]);
  };
}

export type Block = "ClientHello" | "ServerHello" | "EncryptedExtensions";
