import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";

import { readDeployment, readDeployments } from "../../api/deployments";

interface DeploymentPickerProps {
  id: string | undefined;
  change: (id: string | undefined) => void;
}

/** Chooses one of all deployments by part of its name; then shows which one, and takes it back. */
export function DeploymentPicker({ id, change }: DeploymentPickerProps) {
  return id === undefined ? <Search change={change} /> : <Chosen id={id} change={change} />;
}

function Chosen({ id, change }: { id: string; change: DeploymentPickerProps["change"] }) {
  const read = useQuery({ queryKey: ["deployment", id], queryFn: ({ signal }) => readDeployment(id, signal) });
  return (
    <Button className="button" onPress={() => change(undefined)}>
      Deployment {read.data?.name ?? (read.isError ? "that is gone" : "…")} ×
    </Button>
  );
}

const SHOWN = 30;

function Search({ change }: { change: DeploymentPickerProps["change"] }) {
  const [text, setText] = useState("");
  const [isWanted, setIsWanted] = useState(false);
  const found = useQuery({
    queryKey: ["deployments-named", text],
    queryFn: ({ signal }) => readDeployments({ text }, 1, SHOWN, signal),
    enabled: isWanted,
    placeholderData: keepPreviousData,
  });
  return (
    <ComboBox
      className="picker"
      inputValue={text}
      onInputChange={setText}
      items={found.data?.results ?? []}
      onChange={(key) => {
        if (key !== null) change(String(key));
      }}
      onFocus={() => setIsWanted(true)}
      menuTrigger="focus"
      allowsEmptyCollection
      defaultFilter={() => true}
    >
      <Label className="visually-hidden">Deployment</Label>
      <Input className="input" placeholder="All deployments" />
      <Popover className="popover menu-popover">
        <ListBox className="menu choice-list" renderEmptyState={() => <p className="quiet small">No deployment is called so.</p>}>
          {(deployment: { id: string; name: string; flow_name: string }) => (
            <ListBoxItem id={deployment.id} textValue={deployment.name} className="menu-item">
              {deployment.name} <span className="quiet small">{deployment.flow_name}</span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
