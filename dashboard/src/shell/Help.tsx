import { Button, Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import { PLACES } from "./places";

interface HelpProps {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

/** The keys that work on every page. */
export function Help({ isOpen, onOpenChange }: HelpProps) {
  return (
    <ModalOverlay className="backdrop" isDismissable isOpen={isOpen} onOpenChange={onOpenChange}>
      <Modal className="modal">
        <Dialog className="dialog">
          <Heading slot="title">Keys</Heading>
          <table className="table">
            <tbody>
              {PLACES.map((place) => (
                <Key key={place.to} keys={["g", place.key]} words={place.words} />
              ))}
              <Key keys={["/"]} words="Search on this page" />
              <Key keys={["?"]} words="Show these keys" />
            </tbody>
          </table>
          <div className="dialog-buttons">
            <Button slot="close" className="button">
              Close
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Key({ keys, words }: { keys: string[]; words: string }) {
  return (
    <tr>
      <td>
        {keys.map((key) => (
          <span key={key}>
            <kbd>{key}</kbd>{" "}
          </span>
        ))}
      </td>
      <td>{words}</td>
    </tr>
  );
}
