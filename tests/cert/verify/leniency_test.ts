// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import type { CertProfile } from "../../../cert/verify/check_certificate.ts";
import { judge, LENIENCIES } from "../_leniencies.ts";

const PROFILES: readonly CertProfile[] = ["strict", "compatible"];

for (const { what, acceptedIn, make, neighbours } of LENIENCIES) {
  const where = acceptedIn.length === 0 ? "neither profile" : acceptedIn.join(" and ");
  Deno.test(`leniency: accepted in ${where}: ${what}`, async () => {
    for (const profile of PROFILES) {
      const verdict = await judge(make, profile);
      assertEquals(verdict === "ok", acceptedIn.includes(profile), `${profile}: ${verdict}`);
    }
  });
  for (const [neighbour, [error, make]] of Object.entries(neighbours)) {
    Deno.test(`leniency: refused in both profiles, beside ${what}: ${neighbour}`, async () => {
      for (const profile of PROFILES) {
        const verdict = await judge(make, profile);
        assertEquals(verdict === "ok", false, profile);
        if (profile === "compatible") assertEquals(verdict, error);
      }
    });
  }
}
