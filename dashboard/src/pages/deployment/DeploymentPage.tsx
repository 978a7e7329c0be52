import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";

import { readDeployment, readOutlook } from "../../api/deployments";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Loading, Trouble } from "../../ui/Feedback";
import { Definition } from "./Definition";
import { DeploymentHead } from "./DeploymentHead";
import { Facts } from "./Facts";
import { QuickRun } from "./QuickRun";
import { RecentRuns } from "./RecentRuns";
import { Schedules } from "./Schedules";
import { Slots } from "./Slots";

/** One deployment: when its runs are due, how the last ones fared, and a form that starts another. */
export function DeploymentPage() {
  const { deployment: id } = useParams({ from: "/deployments/$deployment" });
  const read = useLiveQuery({ key: ["deployment", id], read: (signal) => readDeployment(id, signal) });
  const outlook = useLiveQuery({ key: ["outlook", id], read: (signal) => readOutlook(id, signal) });
  const [tab, setTab] = useState("now");
  if (read.isPending) return <Loading />;
  const deployment = read.data;
  if (deployment?.id !== id) return read.isError ? <Trouble error={read.error} /> : <Loading />;
  return (
    <>
      <DeploymentHead deployment={deployment} flowName={outlook.data?.flow_name} run={() => setTab("run")} />
      {outlook.isError && <Trouble error={outlook.error} />}
      <Facts deployment={deployment} />
      <Tabs className="tabs" selectedKey={tab} onSelectionChange={(key) => setTab(String(key))}>
        <TabList className="tabs-list" aria-label={`About ${deployment.name}`}>
          <Tab id="now" className="tab">
            Now
          </Tab>
          <Tab id="run" className="tab">
            Run it
          </Tab>
          <Tab id="definition" className="tab">
            Definition
          </Tab>
        </TabList>
        <TabPanel id="now" className="tab-panel">
          <Schedules deployment={deployment} outlook={outlook.data} />
          <div className="columns">
            <RecentRuns deployment={deployment} />
            <Slots deployment={deployment} outlook={outlook.data} />
          </div>
        </TabPanel>
        <TabPanel id="run" className="tab-panel">
          <QuickRun key={id} deployment={deployment} />
        </TabPanel>
        <TabPanel id="definition" className="tab-panel">
          <Definition deployment={deployment} />
        </TabPanel>
      </Tabs>
    </>
  );
}
