//! A PSP22 token over the `psp22` crate's own rules, which anyone may set to misbehave. Knows no contract of the suite.
#![cfg_attr(not(feature = "std"), no_std, no_main)]

pub use self::token::{CallBack, Mode, Token, TokenRef};

#[ink::contract]
mod token {
    use ink::{
        env::{
            call::{build_call, ExecutionInput, Selector},
            DefaultEnvironment, ReturnFlags,
        },
        prelude::{string::String, vec::Vec},
        scale::{Decode, Encode, Error, Input, Output},
        storage::{traits::ManualKey, Mapping},
    };
    use psp22::{PSP22Data, PSP22Error, PSP22Event, PSP22};

    /// What `transfer` and `transfer_from` do.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub enum Mode {
        /// What they should.
        #[codec(index = 0)]
        Honest,
        /// One unit of what arrives is burnt.
        #[codec(index = 1)]
        FeeOnTransfer,
        /// Say yes and move nothing.
        #[codec(index = 2)]
        TrueWithoutMoving,
        /// Say no.
        #[codec(index = 3)]
        Refuse,
        /// Trap.
        #[codec(index = 4)]
        Trap,
        /// Say no to who sends its own, and not to who sends by allowance: a contract collects, and can't pay out.
        #[codec(index = 5)]
        RefusePayouts,
        /// Go on until the gas is used up.
        BurnGas,
        /// Keep ten kilobytes at the signer's cost, then what they should.
        HogDeposit,
        /// Make the call that `call_back` set, then what they should.
        CallBack,
        /// Have a helper make that call, and take no notice of how it ends.
        CallBackThroughHelper,
        /// Do what they should, and answer with 16 KiB: more than a caller has room for beside its question.
        AnswerAtLength,
        /// Do what they should, and credit whoever has any part in it with a unit of interest.
        Interest,
    }

    /// A call that transfers make by the way.
    #[derive(Clone, Debug, PartialEq, Eq)]
    #[ink::scale_derive(Encode, Decode, TypeInfo)]
    #[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
    pub struct CallBack {
        /// Another token of this code, to call through.
        pub helper: AccountId,
        /// Who is called.
        pub contract: AccountId,
        /// The message's selector and arguments.
        pub data: Vec<u8>,
    }

    #[ink(storage)]
    pub struct Token {
        data: PSP22Data,
        mode: Mode,
        call_back: Option<CallBack>,
        called_back: Option<bool>,
        hoard: Mapping<u32, Vec<u8>, ManualKey<0x66>>,
    }

    impl Token {
        /// An honest token; `supply` belongs to the caller.
        #[ink(constructor)]
        pub fn new(supply: u128) -> Self {
            let (data, events) = PSP22Data::new(supply, Self::env().caller());
            let token = Self {
                data,
                mode: Mode::Honest,
                call_back: None,
                called_back: None,
                hoard: Mapping::default(),
            };
            token.emit(events);
            token
        }

        /// Sets what transfers do from now on.
        #[ink(message)]
        pub fn misbehave(&mut self, mode: Mode) {
            self.mode = mode;
        }

        /// Takes half of what an account has, as a token does that follows another currency.
        #[ink(message)]
        pub fn halve(&mut self, account: AccountId) {
            let half = self.data.balance_of(account) >> 1;
            if let Ok(events) = self.data.burn(account, half) {
                self.emit(events);
            }
        }

        /// Sets the call that transfers make from now on in the modes that make one.
        #[ink(message)]
        pub fn call_back(&mut self, call: CallBack) {
            (self.call_back, self.called_back) = (Some(call), None);
        }

        /// How the newest such call ended: whether the message said yes. `None` where there was none, or nobody knows.
        #[ink(message)]
        pub fn called_back(&self) -> Option<bool> {
            self.called_back
        }

        /// Calls a contract for another; gives whether its message said yes.
        #[ink(message)]
        pub fn pass_on(&mut self, contract: AccountId, data: Vec<u8>) -> bool {
            let Some((selector, arguments)) = data.split_first_chunk::<4>() else { return false };
            let input = ExecutionInput::new(Selector::new(*selector)).push_arg(Raw(arguments.to_vec()));
            let call = build_call::<DefaultEnvironment>().call(contract).exec_input(input);
            matches!(call.returns::<Result<Ignored, Ignored>>().try_invoke(), Ok(Ok(Ok(_))))
        }

        fn make_call(&mut self, through_helper: bool) {
            let Some(CallBack { helper, contract, data }) = self.call_back.clone() else { return };
            self.called_back = if through_helper {
                let selector = Selector::new(ink::selector_bytes!("pass_on"));
                let input = ExecutionInput::new(selector).push_arg(contract).push_arg(data);
                let call = build_call::<DefaultEnvironment>().call(helper).exec_input(input);
                call.returns::<bool>().try_invoke().ok().and_then(Result::ok)
            } else {
                Some(self.pass_on(contract, data))
            };
        }

        /// Moves `value` from `from` to `to` by the standard's rules, bent by the mode.
        fn shift(&mut self, from: AccountId, to: AccountId, value: u128) -> Result<(), PSP22Error> {
            match self.mode {
                Mode::Honest => self.shift_honestly(from, to, value),
                Mode::RefusePayouts if from != self.env().caller() => self.shift_honestly(from, to, value),
                Mode::FeeOnTransfer => {
                    self.shift_honestly(from, to, value)?;
                    let events = self.data.burn(to, value.min(1))?;
                    self.emit(events);
                    Ok(())
                }
                Mode::TrueWithoutMoving => Ok(()),
                Mode::Refuse | Mode::RefusePayouts => Err(PSP22Error::Custom(String::from("Refused"))),
                Mode::Trap => panic!("told to trap"),
                Mode::BurnGas => loop {
                    self.env().caller();
                },
                Mode::HogDeposit => {
                    self.hoard.insert(self.env().block_number(), &[7; 10_000].to_vec());
                    self.shift_honestly(from, to, value)
                }
                Mode::AnswerAtLength => {
                    self.shift_honestly(from, to, value)?;
                    ink::env::return_value(ReturnFlags::empty(), &Raw([0; 16_384].to_vec()))
                }
                Mode::Interest => {
                    self.shift_honestly(from, to, value)?;
                    for account in [from, to] {
                        let events = self.data.mint(account, 1)?;
                        self.emit(events);
                    }
                    Ok(())
                }
                Mode::CallBack | Mode::CallBackThroughHelper => {
                    self.make_call(self.mode == Mode::CallBackThroughHelper);
                    self.shift_honestly(from, to, value)
                }
            }
        }

        fn shift_honestly(&mut self, from: AccountId, to: AccountId, value: u128) -> Result<(), PSP22Error> {
            let caller = self.env().caller();
            let events = self.data.transfer_from(caller, from, to, value)?;
            self.emit(events);
            Ok(())
        }

        fn emit(&self, events: Vec<PSP22Event>) {
            for event in events {
                match event {
                    PSP22Event::Transfer(event) => self.env().emit_event(event),
                    PSP22Event::Approval(event) => self.env().emit_event(event),
                }
            }
        }
    }

    /// Arguments that are encoded already.
    struct Raw(Vec<u8>);

    impl Encode for Raw {
        fn encode_to<T: Output + ?Sized>(&self, output: &mut T) {
            output.write(&self.0);
        }
    }

    /// An answer that nobody reads.
    struct Ignored;

    impl Decode for Ignored {
        fn decode<I: Input>(input: &mut I) -> Result<Self, Error> {
            while input.read_byte().is_ok() {}
            Ok(Self)
        }
    }

    impl PSP22 for Token {
        #[ink(message)]
        fn total_supply(&self) -> u128 {
            self.data.total_supply()
        }

        #[ink(message)]
        fn balance_of(&self, owner: AccountId) -> u128 {
            self.data.balance_of(owner)
        }

        #[ink(message)]
        fn allowance(&self, owner: AccountId, spender: AccountId) -> u128 {
            self.data.allowance(owner, spender)
        }

        #[ink(message)]
        fn transfer(&mut self, to: AccountId, value: u128, _data: Vec<u8>) -> Result<(), PSP22Error> {
            self.shift(self.env().caller(), to, value)
        }

        #[ink(message)]
        fn transfer_from(
            &mut self,
            from: AccountId,
            to: AccountId,
            value: u128,
            _data: Vec<u8>,
        ) -> Result<(), PSP22Error> {
            self.shift(from, to, value)
        }

        #[ink(message)]
        fn approve(&mut self, spender: AccountId, value: u128) -> Result<(), PSP22Error> {
            let events = self.data.approve(self.env().caller(), spender, value)?;
            self.emit(events);
            Ok(())
        }

        #[ink(message)]
        fn increase_allowance(&mut self, spender: AccountId, delta_value: u128) -> Result<(), PSP22Error> {
            let owner = self.env().caller();
            let events = self.data.increase_allowance(owner, spender, delta_value)?;
            self.emit(events);
            Ok(())
        }

        #[ink(message)]
        fn decrease_allowance(&mut self, spender: AccountId, delta_value: u128) -> Result<(), PSP22Error> {
            let owner = self.env().caller();
            let events = self.data.decrease_allowance(owner, spender, delta_value)?;
            self.emit(events);
            Ok(())
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn account(n: u8) -> AccountId {
            AccountId::from([n; 32])
        }

        /// Account 1 holds 10 and sends 4 to account 2 in `mode`: the answer, and what both hold then.
        fn send_in(mode: Mode) -> (Result<(), PSP22Error>, u128, u128) {
            ink::env::test::set_caller::<Environment>(account(1));
            let mut token = Token::new(10);
            token.misbehave(mode);
            let answer = token.transfer(account(2), 4, Vec::new());
            (answer, token.balance_of(account(1)), token.balance_of(account(2)))
        }

        #[ink::test]
        fn honest_transfers_move_what_they_say() {
            assert_eq!(send_in(Mode::Honest), (Ok(()), 6, 4));
        }

        #[ink::test]
        fn a_fee_on_transfer_arrives_one_short() {
            assert_eq!(send_in(Mode::FeeOnTransfer), (Ok(()), 6, 3));
        }

        #[ink::test]
        fn true_without_moving_moves_nothing() {
            assert_eq!(send_in(Mode::TrueWithoutMoving), (Ok(()), 10, 0));
        }

        #[ink::test]
        fn a_refusal_moves_nothing() {
            let refused = Err(PSP22Error::Custom(String::from("Refused")));
            assert_eq!(send_in(Mode::Refuse), (refused, 10, 0));
        }

        #[ink::test]
        fn refused_payouts_can_still_be_collected_by_allowance() {
            let (answer, ..) = send_in(Mode::RefusePayouts);
            assert_eq!(answer, Err(PSP22Error::Custom(String::from("Refused"))));

            let mut token = Token::new(10);
            token.misbehave(Mode::RefusePayouts);
            assert_eq!(token.approve(account(2), 4), Ok(()));
            ink::env::test::set_caller::<Environment>(account(2));
            let collected = token.transfer_from(account(1), account(2), 4, Vec::new());
            assert_eq!((collected, token.balance_of(account(2))), (Ok(()), 4));
        }
    }
}
