// Copyright 2026 the NSS for Deno authors. MIT license.

/** Whom a client trusts. @module */

import { asClient, ping, serve } from "../observer.ts";
import type { Pki } from "../pki.ts";
import { no, refused, type Row, saying, type Section, yes } from "../row.ts";
import type { ClientOptions, Identity, Stack } from "../stack.ts";

/** Whether a client connects to who shows a certificate. */
async function connects(stack: Stack, identity: Identity, options: ClientOptions): Promise<void> {
  await asClient(stack, options, { certificates: [identity] });
}

/** A certificate that a client must refuse, once it is seen that it takes a good one. */
function refuses(id: string, question: string, bad: (pki: Pki) => Identity, inReadme = false): Row {
  return {
    id,
    question,
    inReadme,
    async probe(stack, pki) {
      const roots = pki.root.cert;
      await connects(stack, pki.server, { roots });
      return await refused(() => connects(stack, bad(pki), { roots }));
    },
  };
}

/** The rows. */
export const TRUST: Section = {
  title: "Whom a client trusts",
  rows: [
    {
      id: "unknown-root",
      question: "refuses a chain that leads to no root of its own",
      async probe(stack, pki) {
        await connects(stack, pki.server, { roots: pki.root.cert });
        return await refused(() => connects(stack, pki.server, { roots: pki.other.cert }));
      },
    },
    refuses("wrong-name", "refuses another host's certificate", ({ wrongName }) => wrongName),
    refuses("expired", "refuses an expired certificate", ({ expired }) => expired),
    refuses(
      "forged",
      "refuses a version 1 certificate that only names a root as its issuer",
      ({ forged }) => forged,
      true,
    ),
    refuses(
      "name-constraints",
      "refuses a name that the issuer may not certify",
      ({ violating }) => violating,
    ),
    refuses("critical", "refuses an unknown critical extension", ({ critical }) => critical),
    {
      id: "unordered",
      question: "finds the path where the chain is out of order",
      async probe(stack, pki) {
        await connects(stack, pki.unordered, { roots: pki.root.cert });
        return yes("connected");
      },
    },
    {
      id: "pin",
      question: "trusts one key by its pin, whatever the chain",
      inReadme: true,
      async probe(stack, { selfSigned, server, pin }) {
        await connects(stack, selfSigned, { pin });
        return await refused(() => connects(stack, server, { pin }));
      },
    },
    {
      id: "crl",
      question: "refuses what a CRL calls revoked",
      inReadme: true,
      async probe(stack, { root, server, crl }) {
        await connects(stack, server, { roots: root.cert });
        return await refused(() => connects(stack, server, { roots: root.cert, crl }));
      },
    },
    {
      id: "ocsp",
      question: "refuses what a stapled OCSP response calls revoked",
      inReadme: true,
      probe: (stack, { root, server, ocsp }) =>
        refused(() =>
          asClient(stack, { roots: root.cert, staple: true }, {
            certificates: [{ ...server, ocsp }],
          })
        ),
    },
    {
      id: "alert",
      question: "says which alert the peer has sent",
      async probe(stack, { root, server }) {
        using serving = serve(
          { certificates: [server], clientAuth: "require", caCerts: [root.cert] },
          (socket) => socket.handshake(),
        );
        serving.next().catch(() => {});
        try {
          await ping(await stack.connect(serving.port, { roots: root.cert }));
        } catch (error) {
          const alert = error instanceof Error ? Reflect.get(error, "alert") : undefined;
          const text = `${alert ?? ""} ${saying(error)}`.trim();
          return /certificate.?required/i.test(text) ? yes(`"${text}"`) : no(`"${text}"`);
        }
        throw new Error("the server has served a client without certificate");
      },
    },
  ],
};
