// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { table } from "../support/generated_page.ts";

/** Something in which RFC 9846 differs from RFC 8446. */
export interface Change {
  /** The section of RFC 9846. */
  readonly section: string;
  /** What it says now. */
  readonly change: string;
  /** What that is here. */
  readonly here: string;
  /** The test that holds it: its file below tests/ and the beginning of its title. */
  readonly test: readonly [file: string, title: string];
}

/** RFC 9846, Section 1.2, and what its list leaves out. */
export const CHANGES: readonly Change[] = [
  {
    section: "4.2.2, 4.2.3",
    change: "a hello of TLS 1.3 whose legacy_version is not 0x0303: protocol_version",
    here: "both ends; a server that goes on with TLS 1.2 takes the extension's word, as before",
    test: ["ssl/handshake_filter_test.ts", "SslEngine says what is wrong with"],
  },
  {
    section: "4.2.4, 4.3.11",
    change: "which hash goes with a PSK after a HelloRetryRequest: that of its suite",
    here: "other sessions leave the second hello, as before",
    test: [
      "ssl/resumption_test.ts",
      "SslSocket leaves out of the second hello a session that does not go with the suite",
    ],
  },
  {
    section: "4.3.8",
    change: "no key share for two connections; a peer's own is taken all the same",
    here: "each hello has shares of its own, as before",
    test: ["ssl/crypto/key_exchange_test.ts", "generateKeyShare() never gives a share twice"],
  },
  {
    section: "4.4.2",
    change: "a CertificateRequest without extensions is well-formed",
    here: "missing_extension, as it names no signature algorithms; it was decode_error",
    test: [
      "ssl/messages/certificate_request_test.ts",
      "parseCertificateRequest() takes a block without extensions",
    ],
  },
  {
    section: "4.5.1.2",
    change: "certificate_authorities counts for servers, too: an issuer SHOULD be a listed one",
    here: "among certificates that fit the host name alike, in TLS 1.3; it was for clients only",
    test: [
      "interop/openssl_features_test.ts",
      "a server of several certificates shows openssl s_client one of an authority",
    ],
  },
  {
    section: "4.7.1",
    change: "clients without resumption ignore NewSessionTicket",
    here: "as before, within the limits of what may follow each other",
    test: ["ssl/session_tickets_test.ts", "a client without sessions ignores tickets"],
  },
  {
    section: "4.7.1",
    change: "the extensions of NewSessionTicket have up to 2^16-1 bytes",
    here: "it was 2^16-2",
    test: [
      "ssl/messages/new_session_ticket_test.ts",
      "parseNewSessionTicket() takes up to 2^16-1 bytes of extensions",
    ],
  },
  {
    section: "4.7.1",
    change: "no ticket is used more than seven days after it was issued",
    here: "as before, whatever the server says",
    test: ["ssl/resumption_test.ts", "SslSocket as client keeps a ticket for as long as"],
  },
  {
    section: "4.7.3",
    change: "no second KeyUpdate with a request before the peer has sent one",
    here: "`keyUpdate(socket, true)` renews this end's key then, and does not ask again",
    test: [
      "ssl/key_update_test.ts",
      "keyUpdate() asks again only when the peer has met its last request",
    ],
  },
  {
    section: "4.7.3",
    change: "a sender renews its key 2^48-1 times at most, and ignores requests beyond",
    here: "`MAX_WRITE_KEY_RENEWALS`; the connection ends when the last key is used up",
    test: ["ssl/engine/key_updates_test.ts", "KeyUpdates renews a write key as often as it may"],
  },
  {
    section: "5.5",
    change: "a sender MUST renew a key or close before the limits of its usage",
    here: "renewed 1,024 records before, as before",
    test: ["ssl/key_update_test.ts", "SslEngine renews its write key before the AEAD limit"],
  },
  {
    section: "5.5",
    change: "receivers SHOULD NOT enforce the limits of a key's usage",
    here: "the peer is asked for a new key, and its records are read; they ended the connection",
    test: ["ssl/record/cipher_spec_test.ts", "CipherSpec.open() takes records beyond the suite's"],
  },
  {
    section: "6.1",
    change: "user_canceled is followed by close_notify, and reading goes on until that comes",
    here: "as before; this end sends none",
    test: ["ssl/engine_test.ts", "SslEngine takes user_canceled for what it announces"],
  },
  {
    section: "6.1",
    change: "what follows close_notify is ignored",
    here: "as before",
    test: ["ssl/ssl_socket_test.ts", "SslSocket ignores data after the peer's close_notify"],
  },
  {
    section: "6.2",
    change: "the alert general_error (117)",
    here: "received by its name; none is sent, since each error here has a better one",
    test: ["ssl/base/alerts_test.ts", "errorFromAlert() gives NSS's code for each alert"],
  },
  {
    section: "E",
    change: "the extended main secret is told of every connection of TLS 1.3",
    here: "`extendedMasterSecret`, which keeps its name, as before",
    test: ["ssl/negotiation_test.ts", "getChannelInfo() tells the extended master secret of each"],
  },
  {
    section: "E.5",
    change: "TLS 1.0 and 1.1 are not negotiated for any reason",
    here: "as before",
    test: ["ssl/tls12_filter_test.ts", "SslEngine says what is wrong with"],
  },
];

/** The part of docs/conformance.md that follows from them. */
export function rfc9846Table(): string {
  return table(
    ["section", "what differs from RFC 8446", "here"],
    CHANGES.map(({ section, change, here }) => [section, change, here]),
  );
}

/** The mark of that part. */
export const WRITER = "`deno task rfc9846`";
