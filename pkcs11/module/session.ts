// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../cert/base/errors.ts";
import type { Argument, Caller, FunctionName } from "./library.ts";
import { alloc, pin } from "./memory.ts";
import { ModuleError } from "./return_values.ts";
import { align, ATTRIBUTE_SIZE, type AttributeValue, Template } from "./template.ts";

/** How many objects are asked for at once. */
const FIND_BATCH = 64;

/**
 * The most objects of one search: a module that never says that there are no more must not go on
 * for ever.
 */
export const MAX_OBJECTS = 100_000;

/** The longest attribute that is read: no certificate that this package takes is longer. */
export const MAX_ATTRIBUTE_SIZE = 1 << 24;

/**
 * The longest signature at first; a token tells if it needs more (RSA of 16384 bits has 2048
 * bytes).
 */
const SIGNATURE_SIZE = 1024;

/** The attributes of an object that the token gave. */
export type Attributes = ReadonlyMap<number, Uint8Array<ArrayBuffer>>;

/** A session with a token. One operation at a time: whoever has it has it alone. */
export class Session {
  /** The number that the module knows it by. */
  readonly handle: bigint;
  readonly #library: Caller;

  /**
   * Wraps a session that is open.
   *
   * @param library Its library.
   * @param handle The number that the module knows it by.
   */
  constructor(library: Caller, handle: bigint) {
    this.#library = library;
    this.handle = handle;
  }

  /**
   * Calls a function of the session.
   *
   * @param name The function.
   * @param attempt What is attempted, for the error.
   * @param args What it takes behind the session.
   * @returns When it has returned.
   */
  call(
    name: FunctionName,
    attempt: string,
    ...args: Argument[]
  ): Promise<void> {
    return this.#library.call(name, attempt, this.handle, ...args);
  }

  /**
   * Looks for objects.
   *
   * @param attributes What they must have.
   * @param attempt What is attempted, for errors.
   * @returns Their handles.
   */
  async findObjects(
    attributes: readonly (readonly [type: number, value: AttributeValue])[],
    attempt: string,
  ): Promise<bigint[]> {
    const template = Template.of(attributes);
    await this.call("C_FindObjectsInit", attempt, template.bytes, template.count);
    const found: bigint[] = [];
    try {
      const handles = alloc(8 * FIND_BATCH);
      const count = alloc(8);
      for (;;) {
        await this.call("C_FindObjects", attempt, handles, FIND_BATCH, count);
        const number = Math.min(Number(readBig(count)), FIND_BATCH);
        for (let i = 0; i < number; i++) found.push(readBig(handles, 8 * i));
        if (number === 0) return found;
        if (found.length > MAX_OBJECTS) {
          throw new NssError(
            "SEC_ERROR_INCOMPATIBLE_PKCS11",
            `${attempt}: more than ${MAX_OBJECTS} objects`,
          );
        }
      }
    } finally {
      await this.#library.tryCall("C_FindObjectsFinal", this.handle);
    }
  }

  /**
   * Reads attributes of an object.
   *
   * @param object Its handle.
   * @param types Which attributes.
   * @param attempt What is attempted, for errors.
   * @returns Those that the token gives: not what is sensitive, nor what the object does not have.
   */
  async getAttributes(
    object: bigint,
    types: readonly number[],
    attempt: string,
  ): Promise<Attributes> {
    const sizes = Template.room(types.map((type) => [type, 0]));
    await this.#getAttributeValue(object, sizes, attempt);
    const present = types.flatMap((type, i) => {
      const length = sizes.lengthOf(i);
      if (length === null) return [];
      if (length <= MAX_ATTRIBUTE_SIZE) return [[type, length] as const];
      throw new NssError(
        "SEC_ERROR_INCOMPATIBLE_PKCS11",
        `${attempt}: an attribute has more than ${MAX_ATTRIBUTE_SIZE} bytes`,
      );
    });
    const values = Template.room(present);
    await this.#getAttributeValue(object, values, attempt);
    const result = new Map<number, Uint8Array<ArrayBuffer>>();
    let offset = ATTRIBUTE_SIZE * present.length;
    present.forEach(([type, length], i) => {
      // What grew in between is as good as absent
      if ((values.lengthOf(i) ?? Infinity) <= length) result.set(type, values.valueOf(i, offset));
      offset += align(length);
    });
    return result;
  }

  async #getAttributeValue(object: bigint, template: Template, attempt: string): Promise<void> {
    if (template.count === 0) return;
    const value = await this.#library.tryCall(
      "C_GetAttributeValue",
      this.handle,
      object,
      template.bytes,
      template.count,
    );
    const { returned } = new ModuleError(value, attempt, "C_GetAttributeValue");
    switch (returned) {
      case "CKR_OK":
      case "CKR_ATTRIBUTE_SENSITIVE":
      case "CKR_ATTRIBUTE_TYPE_INVALID":
      case "CKR_BUFFER_TOO_SMALL":
        return;
    }
    throw new ModuleError(value, attempt, "C_GetAttributeValue");
  }

  /**
   * Makes an object.
   *
   * @param attributes What it has.
   * @param attempt What is attempted, for errors.
   * @returns Its handle.
   */
  async createObject(
    attributes: readonly (readonly [type: number, value: AttributeValue])[],
    attempt: string,
  ): Promise<bigint> {
    const template = Template.of(attributes);
    const handle = alloc(8);
    try {
      await this.call("C_CreateObject", attempt, template.bytes, template.count, handle);
    } finally {
      template.bytes.fill(0); // it may be a private key
    }
    return readBig(handle);
  }

  /**
   * Signs.
   *
   * @param mechanism A CK_MECHANISM.
   * @param key The handle of the private key.
   * @param data What is signed.
   * @param attempt What is attempted, for errors.
   * @returns The signature.
   */
  async sign(
    mechanism: Uint8Array<ArrayBuffer>,
    key: bigint,
    data: Uint8Array,
    attempt: string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    await this.call("C_SignInit", attempt, mechanism, key);
    const input = pin(data);
    const length = alloc(8);
    for (let size = SIGNATURE_SIZE;;) {
      const signature = alloc(size);
      writeBig(length, BigInt(size));
      const value = await this.#library.tryCall(
        "C_Sign",
        this.handle,
        input,
        input.length,
        signature,
        length,
      );
      const needed = Number(readBig(length));
      const error = new ModuleError(value, attempt, "C_Sign");
      if (error.returned === "CKR_OK") return signature.slice(0, needed);
      // The operation goes on (PKCS#11 2.40, Section 5.2)
      if (error.returned !== "CKR_BUFFER_TOO_SMALL" || needed <= size || needed > 1 << 16) {
        throw error;
      }
      size = needed;
    }
  }

  /**
   * Makes a key pair.
   *
   * @param mechanism A CK_MECHANISM.
   * @param publicKey What the public key has.
   * @param privateKey What the private key has.
   * @param attempt What is attempted, for errors.
   * @returns The handles of the public and the private key.
   */
  async generateKeyPair(
    mechanism: Uint8Array<ArrayBuffer>,
    publicKey: readonly (readonly [type: number, value: AttributeValue])[],
    privateKey: readonly (readonly [type: number, value: AttributeValue])[],
    attempt: string,
  ): Promise<readonly [publicKey: bigint, privateKey: bigint]> {
    const [first, second] = [Template.of(publicKey), Template.of(privateKey)];
    const [a, b] = [alloc(8), alloc(8)];
    await this.call(
      "C_GenerateKeyPair",
      attempt,
      mechanism,
      ...[first.bytes, first.count, second.bytes, second.count, a, b],
    );
    return [readBig(a), readBig(b)];
  }
}

/**
 * Reads a CK_ULONG as it is.
 *
 * @param bytes Where it stands.
 * @param offset How far behind the beginning.
 * @returns The number.
 */
export function readBig(bytes: Uint8Array<ArrayBuffer>, offset = 0): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true);
}

function writeBig(bytes: Uint8Array<ArrayBuffer>, value: bigint): void {
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(0, value, true);
}
