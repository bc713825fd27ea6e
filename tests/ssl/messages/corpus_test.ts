// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertGreater } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import { encodeClientHello, parseClientHello } from "../../../ssl/messages/client_hello.ts";
import { HandshakeJoiner } from "../../../ssl/messages/handshake.ts";
import { Deframer } from "../../../ssl/record/deframer.ts";
import { ContentType } from "../../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../../ssl/tables/handshake_types.ts";
import { corpusOf, testShared } from "../../support/shared_data.ts";

/** What clients sent to BoringSSL's server while it was fuzzed. */
const CORPUS = "data/fuzz_corpora/server_no_fuzzer_mode.jsonl.gz";

testShared("parseClientHello() reads BoringSSL's corpus", CORPUS, async (contents) => {
  const corpus = await corpusOf(contents);
  let hellos = 0;
  for (const { id, data } of corpus) {
    try {
      const deframer = new Deframer();
      const joiner = new HandshakeJoiner();
      deframer.push(data);
      for (let record; (record = deframer.next()) !== null;) {
        // Behind the first message there may be records under keys that nobody has.
        if (record.type !== ContentType.handshake) break;
        joiner.push(record.fragment);
        const message = joiner.next();
        if (message === null) continue;
        if (message.type !== HandshakeType.clientHello) break;
        const hello = parseClientHello(message.body);
        assertEquals(encodeClientHello(hello), message.body);
        hellos++;
        break;
      }
    } catch (error) {
      if (!(error instanceof SslError)) throw new Error(`Cannot read ${id}`, { cause: error });
    }
  }
  assertGreater(hellos, corpus.length / 2);
});
