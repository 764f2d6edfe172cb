//! Passes orders on to a registry, with what its caller pays, as an alliance or a market does.
#![cfg_attr(not(feature = "std"), no_std, no_main)]
#![allow(clippy::large_enum_variant, reason = "the enum of messages is ink's")]

pub use self::go_between::{GoBetween, GoBetweenRef};

#[ink::contract]
mod go_between {
    use ink::env::call::{build_call, ExecutionInput, Selector};
    use shared::{
        assets::Asset,
        order::{Order, Redemption},
        permit::Permits,
        registry::RegistryError,
    };

    #[ink(storage)]
    pub struct GoBetween {}

    impl GoBetween {
        #[ink(constructor)]
        #[allow(clippy::new_without_default, reason = "a constructor is called by the chain")]
        pub fn new() -> Self {
            Self {}
        }

        /// Lets `registry` take tokens that the go-between has.
        #[ink(message)]
        pub fn allow(&mut self, token: AccountId, registry: AccountId, amount: Balance) -> bool {
            let selector = Selector::new(ink::selector_bytes!("PSP22::approve"));
            let input = ExecutionInput::new(selector).push_arg(registry).push_arg(amount);
            let reply = build_call::<Environment>()
                .call(token)
                .exec_input(input)
                .returns::<Result<(), u8>>()
                .try_invoke();
            matches!(reply, Ok(Ok(Ok(()))))
        }

        /// Redeems with all the value sent along, and gives back to the caller what the registry gives back.
        #[ink(message, payable)]
        pub fn redeem(
            &mut self,
            registry: AccountId,
            order: Order,
            permits: Permits,
        ) -> Result<Redemption, RegistryError> {
            let paid = self.env().transferred_value();
            let selector = Selector::new(ink::selector_bytes!("CouponRegistry::redeem"));
            let reply = build_call::<Environment>()
                .call(registry)
                .transferred_value(paid)
                .exec_input(ExecutionInput::new(selector).push_arg(order).push_arg(permits))
                .returns::<Result<Redemption, RegistryError>>()
                .try_invoke();
            let Ok(Ok(redemption)) = reply else {
                return Err(RegistryError::OfficeFailed);
            };
            let redemption = redemption?;
            let change = paid.saturating_sub(match redemption.asset {
                Asset::Native => redemption.net,
                Asset::Psp22(_) => 0,
            });
            if self.env().transfer(self.env().caller(), change).is_err() {
                return Err(RegistryError::OfficeFailed);
            }
            Ok(redemption)
        }
    }
}
