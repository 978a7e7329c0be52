import { createRootRoute, createRoute, createRouter, Link } from "@tanstack/react-router";

import { DeploymentPage } from "./pages/deployment/DeploymentPage";
import { DeploymentsPage } from "./pages/deployments/DeploymentsPage";
import { parseAddress as parseDeploymentsAddress } from "./pages/deployments/search";
import { EventsPage } from "./pages/events/EventsPage";
import { parseAddress as parseEventsAddress } from "./pages/events/search";
import { OverviewPage } from "./pages/overview/OverviewPage";
import { PoolPage } from "./pages/pool/PoolPage";
import { RunPage } from "./pages/run/RunPage";
import { RunsPage } from "./pages/runs/RunsPage";
import { parseAddress } from "./pages/runs/search";
import { SystemPage } from "./pages/system/SystemPage";
import { Shell } from "./shell/Shell";
import { Trouble } from "./ui/Feedback";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <p>
      There is no such page. <Link to="/">All pools</Link>
    </p>
  ),
  errorComponent: ({ error }) => <Trouble error={error} />,
});

const overview = createRoute({ getParentRoute: () => root, path: "/", component: OverviewPage });

const pool = createRoute({ getParentRoute: () => root, path: "/pools/$pool", component: PoolPage });

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  component: RunsPage,
  validateSearch: parseAddress,
});

const run = createRoute({ getParentRoute: () => root, path: "/runs/$run", component: RunPage });

const deployments = createRoute({
  getParentRoute: () => root,
  path: "/deployments",
  component: DeploymentsPage,
  validateSearch: parseDeploymentsAddress,
});

const deployment = createRoute({
  getParentRoute: () => root,
  path: "/deployments/$deployment",
  component: DeploymentPage,
});

const events = createRoute({ getParentRoute: () => root, path: "/events", component: EventsPage, validateSearch: parseEventsAddress });

const system = createRoute({ getParentRoute: () => root, path: "/system", component: SystemPage });

export const router = createRouter({
  routeTree: root.addChildren([overview, pool, deployments, deployment, runs, run, events, system]),
  defaultPreload: false,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
