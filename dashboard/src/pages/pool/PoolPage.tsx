import { useParams } from "@tanstack/react-router";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components";

import { readPools } from "../../api/pools";
import { useLiveQuery } from "../../live/useLiveQuery";
import { Empty, Loading, Trouble } from "../../ui/Feedback";
import { shellWord } from "../../ui/shellWord";
import { Holders } from "./Holders";
import { PoolHead } from "./PoolHead";
import { Queues } from "./Queues";
import { Template } from "./Template";
import { Timeline } from "./Timeline";
import { Workers } from "./Workers";

/** One pool: its queues, who holds its slots, its workers, and the last hour. */
export function PoolPage() {
  const { pool: name } = useParams({ from: "/pools/$pool" });
  const pools = useLiveQuery({ key: ["pools"], read: readPools });
  const pool = pools.data?.find((one) => one.name === name);
  if (pools.isPending) return <Loading />;
  if (pool === undefined) {
    return pools.isError ? (
      <Trouble error={pools.error} />
    ) : (
      <Empty command={`penstock pool create ${shellWord(name)}`}>There is no work pool “{name}”. To make one:</Empty>
    );
  }
  return (
    <>
      <PoolHead pool={pool} />
      <Tabs className="tabs">
        <TabList className="tabs-list" aria-label={`About ${name}`}>
          <Tab id="now" className="tab">
            Now
          </Tab>
          <Tab id="template" className="tab">
            Job template
          </Tab>
        </TabList>
        <TabPanel id="now" className="tab-panel">
          <Queues pool={name} />
          <Timeline pool={name} />
          <div className="columns">
            <Holders pool={name} />
            <Workers pool={name} />
          </div>
        </TabPanel>
        <TabPanel id="template" className="tab-panel">
          <Template pool={name} />
        </TabPanel>
      </Tabs>
    </>
  );
}
