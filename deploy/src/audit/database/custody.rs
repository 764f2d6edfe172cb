//! Custody's table.
use super::{account, amount, asset, moment, number, order, text, Tables};
use crate::audit::{decode::CustodyEvent, AuditError, Happened};
use ::custody::payments::Split;
use rusqlite::{params_from_iter, types::Value};
use shared::{AccountId, Balance};

impl Tables<'_> {
    pub(super) fn custody(&self, happened: &Happened, event: &CustodyEvent) -> Result<(), AuditError> {
        let now = || moment(happened.time);
        match event {
            CustodyEvent::PaymentHeld(event) => {
                self.held.borrow_mut().insert((event.acceptor, event.number), (event.amount, 0));
                let row = [
                    account(event.acceptor),
                    order(event.number),
                    account(event.payer),
                    asset(event.asset),
                    amount(event.amount),
                    moment(event.disputable_until),
                    Value::Null,
                    Value::Null,
                    Value::Null,
                    Value::Null,
                    Value::Null,
                    amount(0),
                    Value::Null,
                    Value::Null,
                    Value::Null,
                    text("held"),
                ];
                self.note("held_payments", happened, row)
            }
            CustodyEvent::PaymentDisputed(event) => self.change(
                (event.acceptor, event.number),
                "disputed_at = ?3, reason = ?4, ruled_until = ?5, state = 'disputed'",
                [now(), number(event.reason), moment(event.ruled_until)],
            ),
            CustodyEvent::DisputeReplied(event) => {
                self.change((event.acceptor, event.number), "replied_at = ?3", [now()])
            }
            CustodyEvent::DisputeRuled(event) => {
                let at = (event.acceptor, event.number);
                self.change(at, "payer_bps = ?3", [number(event.payer_bps)])?;
                self.shared(happened, at, event.split, "ruled")
            }
            CustodyEvent::PaymentSettled(event) => {
                self.shared(happened, (event.acceptor, event.number), event.split, "settled")
            }
            CustodyEvent::PaymentGivenBack(event) => {
                let at = (event.acceptor, event.number);
                let (all, given) = self.give_back(at, event.amount);
                self.change(at, "given_back = ?3", [amount(given)])?;
                if given < all {
                    return Ok(());
                }
                self.change(at, "ended_at = ?3, state = 'given back'", [now()])
            }
            CustodyEvent::CustodyCreated(_)
            | CustodyEvent::TermsSet(_)
            | CustodyEvent::CreditAdded(_)
            | CustodyEvent::CreditWithdrawn(_) => Ok(()),
        }
    }

    /// What was paid, and what of it is given back by now.
    fn give_back(&self, at: (AccountId, u64), part: Balance) -> (Balance, Balance) {
        let mut held = self.held.borrow_mut();
        let (all, given) = held.entry(at).or_default();
        *given = given.saturating_add(part);
        (*all, *given)
    }

    fn shared(
        &self,
        happened: &Happened,
        at: (AccountId, u64),
        split: Split,
        state: &str,
    ) -> Result<(), AuditError> {
        let parts = [amount(split.to_payer), amount(split.to_acceptor), moment(happened.time), text(state)];
        self.change(at, "to_payer = ?3, to_acceptor = ?4, ended_at = ?5, state = ?6", parts)
    }

    /// Sets columns of the payment that is held under an acceptor's number.
    fn change<const N: usize>(
        &self,
        (acceptor, number): (AccountId, u64),
        columns: &str,
        values: [Value; N],
    ) -> Result<(), AuditError> {
        let sql = format!(
            "UPDATE held_payments SET {columns} WHERE acceptor = ?1 AND number = ?2 AND ended_at IS NULL"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        statement.execute(params_from_iter([account(acceptor), order(number)].into_iter().chain(values)))?;
        Ok(())
    }
}
