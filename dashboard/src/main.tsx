import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "./styles/tokens.css";
import "./styles/controls.css";
import "./styles/layers.css";
import "./styles/layout.css";
import "./styles/tables.css";
import "./styles/pools.css";
import "./styles/runs.css";
import "./styles/deployments.css";
import "./styles/events.css";
import "./styles/json.css";
import { ApiError } from "./api/errors";
import { router } from "./router";
import { followTheme } from "./shell/theme";

const MOST_TRIES = 2;

/** What the server has decided is not asked again; what it could not answer is. */
function triesAgain(failures: number, error: Error): boolean {
  const isDecided = error instanceof ApiError && error.status < 500;
  return !isDecided && failures < MOST_TRIES;
}

const client = new QueryClient({
  defaultOptions: { queries: { retry: triesAgain, staleTime: 500, networkMode: "always" }, mutations: { networkMode: "always" } },
});

followTheme();
const place = document.getElementById("root");
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
