import type { ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from "react-aria-components";

interface ConfirmProps {
  /** The button that asks. */
  trigger: ReactNode;
  title: string;
  /** What it touches, by name. */
  children: ReactNode;
  action: string;
  onConfirm: () => void;
  isBad?: boolean;
  isDisabled?: boolean;
}

/** Asks before something is done, and says what it touches. */
export function Confirm({ trigger, title, children, action, onConfirm, isBad = false, isDisabled = false }: ConfirmProps) {
  return (
    <DialogTrigger>
      {trigger}
      <ModalOverlay className="backdrop" isDismissable>
        <Modal className="modal">
          <Dialog className="dialog" role="alertdialog">
            {({ close }) => (
              <>
                <Heading slot="title">{title}</Heading>
                <div>{children}</div>
                <div className="dialog-buttons">
                  <Button className="button" onPress={close} autoFocus>
                    Leave as it is
                  </Button>
                  <Button
                    className={isBad ? "button button-bad" : "button button-main"}
                    isDisabled={isDisabled}
                    onPress={() => {
                      onConfirm();
                      close();
                    }}
                  >
                    {action}
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
