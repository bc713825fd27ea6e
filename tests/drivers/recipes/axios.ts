import axios from "npm:axios@1.21.1";
import { type AgentOptions, createAgent } from "@nss/nss/http";

export const openAxios = (options: AgentOptions) =>
  axios.create({ adapter: "http", httpsAgent: createAgent(options) });
