// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  type BudgetedWork,
  BudgetExceededError,
  VERIFICATION_LIMITS,
  VerificationBudget,
} from "../../../cert/verify/verification_budget.ts";

Deno.test("VerificationBudget.spend() allows each work as often as its limit and not once more", () => {
  for (const work of Object.keys(VERIFICATION_LIMITS) as BudgetedWork[]) {
    const budget = new VerificationBudget();
    for (let i = 0; i < VERIFICATION_LIMITS[work]; i++) budget.spend(work);
    const error = assertThrows(() => budget.spend(work), BudgetExceededError);
    assertEquals(error.name, "SEC_ERROR_UNKNOWN_ISSUER");
    assertThrows(() => budget.spend(work), BudgetExceededError);
  }
});
