// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A connection as who looks on sees it: what each end sends, decoded, and decrypted where a key log
 * has the secrets.
 *
 * @module
 */

import { NssError } from "../../cert/base/errors.ts";
import { stateOf } from "../../cert/base/printable.ts";
import { HandshakeJoiner } from "../../ssl/messages/handshake.ts";
import { Deframer, type SealedRecord } from "../../ssl/record/deframer.ts";
import { MAX_CIPHERTEXT_LENGTH_TLS12 } from "../../ssl/record/header.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { handshakeTypeName } from "../../ssl/tables/handshake_types.ts";
import { count, safe } from "../base/text.ts";
import { explainAlert } from "./alert.ts";
import { BeforeTls } from "./before_tls.ts";
import type { End } from "./context.ts";
import { type Field, wholeField } from "./field.ts";
import { explainHandshake } from "./handshake.ts";
import type { KeySource } from "./key_source.ts";
import { ObservedHandshake } from "./observed_handshake.ts";
import { Opener, Tls12Keys } from "./opener.ts";
import { contentTypeName, explainBytes, explainRecord, explainText } from "./record.ts";
import { SessionMemory } from "./session_memory.ts";
import { explainSsl2 } from "./ssl2.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const EMPTY: Bytes = new Uint8Array(0);

/** What an end has sent. */
export interface Item {
  /**
   * What it is: a handshake message, as `client_hello`; `alert`, `change_cipher_spec`,
   * `application_data`; `record` for the header of one, before what is in it; `text` before TLS,
   * `bytes` that are no record, `stopped` where no more is decoded.
   */
  readonly name: string;
  /** How many bytes it has. */
  readonly length: number;
  /** Whether it was encrypted on the wire. */
  readonly encrypted: boolean;
  /** Whether it still is, as there are no keys: the name is then what it is likely to be. */
  readonly sealed: boolean;
  /** What it says. */
  readonly field: Field;
  /** Its bytes, decrypted; of what has none of its own they are empty. */
  readonly bytes: Bytes;
}

/**
 * The most bytes of handshake messages in a row that are decoded, in one direction: a peer may send
 * them for ever.
 */
export const MAX_HANDSHAKE_BYTES = 512 * 1024;

/** One direction of a connection. */
class Direction {
  readonly #end: End;
  readonly #handshake: ObservedHandshake;
  readonly #opener: Opener;
  readonly #before: BeforeTls;
  readonly #deframer = new Deframer();
  readonly #joiner = new HandshakeJoiner();
  /** Whether the next sealed handshake record is a Finished, as behind a ChangeCipherSpec. */
  #isFinishedNext = false;
  #handshakeBytes = 0;
  #isStopped = false;

  constructor(end: End, handshake: ObservedHandshake, opener: Opener) {
    this.#end = end;
    this.#handshake = handshake;
    this.#opener = opener;
    this.#before = new BeforeTls(end);
    this.#deframer.limit = MAX_CIPHERTEXT_LENGTH_TLS12;
  }

  async *items(bytes: Bytes): AsyncGenerator<Item> {
    if (this.#isStopped) return;
    const { text, ssl2, tls } = this.#before.take(bytes);
    if (text.length > 0) yield item("text", explainText(text), text);
    if (ssl2.length > 0) yield item("client_hello", explainSsl2(ssl2), ssl2);
    if (tls.length === 0) return;
    this.#deframer.push(tls);
    try {
      for (let record; (record = this.#deframer.next()) !== null;) {
        yield item("record", explainRecord(record), record.header);
        yield* this.#read(record);
        if (this.#isStopped) return;
      }
      this.#deframer.finishChunk();
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      this.#isStopped = true;
      yield item("bytes", explainBytes(tls, safe(stateOf(error))), tls);
    }
  }

  /** What was begun and not ended. */
  *finish(): Generator<Item> {
    const held = this.#before.finish();
    if (held.length > 0) yield item("text", explainText(held), held);
    if (this.#isStopped) return;
    const what = this.#deframer.pending
      ? "a record"
      : this.#joiner.pending
      ? handshakeTypeName(this.#joiner.pendingType!)
      : null;
    if (what === null) return;
    const value = `${what} was begun, and not sent to its end`;
    yield note("bytes", { name: "incomplete", value, mark: "malformed" });
  }

  async *#read(record: SealedRecord): AsyncGenerator<Item> {
    const opened = await this.#opener.open(record);
    if ("sealed" in opened) {
      yield this.#sealed(record, opened.sealed);
      return;
    }
    const { type, fragment, encrypted } = opened;
    switch (type) {
      case ContentType.handshake:
        yield* this.#messages(fragment, encrypted);
        break;
      case ContentType.changeCipherSpec: {
        const changes = this.#isFinishedNext = await this.#opener.changeCipherSpec();
        const field = explainChangeCipherSpec(fragment, changes);
        yield item("change_cipher_spec", field, fragment, encrypted);
        break;
      }
      case ContentType.alert:
        yield item("alert", explainAlert(fragment), fragment, encrypted);
        break;
      case ContentType.applicationData:
        this.#handshakeBytes = 0;
        yield item("application_data", this.#applicationData(fragment), fragment, encrypted);
        break;
      default:
        yield item(
          "bytes",
          explainBytes(fragment, `a content of type ${type}`),
          fragment,
          encrypted,
        );
    }
  }

  async *#messages(fragment: Bytes, encrypted: boolean): AsyncGenerator<Item> {
    this.#handshakeBytes += fragment.length;
    if (this.#handshakeBytes > MAX_HANDSHAKE_BYTES) {
      this.#isStopped = true;
      const value = `the handshake has more than ${MAX_HANDSHAKE_BYTES} bytes: no more is decoded`;
      yield note("stopped", { name: "stopped", value, mark: "malformed" });
      return;
    }
    this.#joiner.push(fragment);
    for (let message; (message = this.#joiner.next()) !== null;) {
      const context = this.#handshake.contextOf(this.#end);
      const field = explainHandshake(message.raw, context);
      this.#handshake.heed(message);
      await this.#opener.heed(message);
      yield item(handshakeTypeName(message.type), field, message.raw, encrypted);
    }
  }

  #applicationData(data: Bytes): Field {
    const isEarly = this.#opener.isEarly;
    return wholeField(data, {
      name: isEarly ? "early data" : "application data",
      value: count(data.length, "byte"),
      text: isEarly ? "sent before the handshake is complete; who recorded it can replay it" : "",
    });
  }

  #sealed({ type, fragment }: SealedRecord, why: string): Item {
    const name = type === ContentType.handshake && this.#isFinishedNext
      ? "finished"
      : contentTypeName(type);
    this.#isFinishedNext = false;
    return {
      ...note(name, {
        name: this.#handshake.isTls13
          ? "encrypted record"
          : name === "finished"
          ? "Finished"
          : name.replaceAll("_", " "),
        value: `${count(fragment.length, "byte")}${this.#handshake.isTls13 ? "" : ", encrypted"}`,
        text: this.#handshake.isTls13
          ? `${why}; in TLS 1.3 all behind the ServerHello is encrypted, certificates too`
          : why,
      }),
      length: fragment.length,
      encrypted: true,
      sealed: true,
    };
  }
}

function explainChangeCipherSpec(fragment: Bytes, changes: boolean): Field {
  const isGood = fragment.length === 1 && fragment[0] === 1;
  return wholeField(fragment, {
    name: "ChangeCipherSpec",
    value: isGood
      ? changes ? "what follows is encrypted" : "no meaning in TLS 1.3"
      : `malformed: ${count(fragment.length, "byte")} where there is one, 1`,
    text: changes || !isGood ? "" : "old middleboxes want to see it",
    mark: isGood ? null : "malformed",
  });
}

function item(name: string, field: Field, bytes: Bytes, encrypted = false): Item {
  return { name, length: field.end, encrypted, sealed: false, field, bytes };
}

/** An item that has no bytes of its own. */
function note(name: string, content: Parameters<typeof wholeField>[1]): Item {
  return item(name, wholeField(EMPTY, content), EMPTY);
}

/** A connection that is looked at. */
export class Conversation {
  readonly #directions: Readonly<Record<End, Direction>>;

  /**
   * Begins to look, at the first byte.
   *
   * @param keys Where secrets come from.
   * @param sessions The sessions of the connections before, which this one may resume.
   */
  constructor(keys: KeySource, sessions: SessionMemory = new SessionMemory()) {
    const handshake = new ObservedHandshake();
    const tls12Keys = new Tls12Keys(handshake, keys, sessions);
    const direction = (end: End) =>
      new Direction(end, handshake, new Opener(end, handshake, keys, tls12Keys));
    this.#directions = { client: direction("client"), server: direction("server") };
  }

  /**
   * Takes bytes in the order in which they went; one call must end before the next.
   *
   * @param end Which end has sent them.
   * @param bytes The bytes, which are not kept.
   * @returns What they are.
   */
  items(end: End, bytes: Bytes): AsyncGenerator<Item> {
    return this.#directions[end].items(bytes);
  }

  /** Returns what an end has begun and not sent to its end, when its direction is closed. */
  finish(end: End): Iterable<Item> {
    return this.#directions[end].finish();
  }
}
