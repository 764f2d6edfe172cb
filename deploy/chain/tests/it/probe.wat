;; A contract that does one thing a number of times. The input is an operation, a number of two bytes, a byte that nothing reads, and arguments.
(module
  (import "env" "memory" (memory 2 2))
  (import "seal0" "input" (func $input (param i32 i32)))
  (import "seal0" "now" (func $now (param i32 i32)))
  (import "seal0" "seal_return" (func $return (param i32 i32 i32)))
  (import "seal2" "set_storage" (func $set (param i32 i32 i32 i32) (result i32)))
  (import "seal1" "get_storage" (func $get (param i32 i32 i32 i32) (result i32)))
  (import "seal1" "contains_storage" (func $contains (param i32 i32) (result i32)))
  (import "seal1" "clear_storage" (func $clear (param i32 i32) (result i32)))
  (import "seal0" "take_storage" (func $take (param i32 i32 i32 i32) (result i32)))
  (import "seal0" "deposit_event" (func $event (param i32 i32 i32 i32)))
  (import "seal0" "sr25519_verify" (func $verify (param i32 i32 i32 i32) (result i32)))
  (import "seal1" "seal_call" (func $call (param i32 i32 i64 i32 i32 i32 i32 i32) (result i32)))
  (import "seal0" "set_code_hash" (func $set_code (param i32) (result i32)))
  (import "seal1" "terminate" (func $terminate (param i32)))

  ;; 0: the input's length, 16: the input, 20: its arguments, 4096: what the host writes, behind its length at 4092.
  (data (i32.const 8192) "\03key")            ;; the storage key
  (data (i32.const 8200) "12345678")          ;; the storage value
  (data (i32.const 8256) "\00\01\00\00")      ;; the input for another probe: set, once
  (data (i32.const 8511) "\00aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbcccccccccccccccccccccccccccccccc")

  (func $room (i32.store (i32.const 4092) (i32.const 2048)))

  (func (export "deploy"))

  (func (export "call") (local $left i32) (local $arguments i32)
    (i32.store (i32.const 0) (i32.const 2048))
    (call $input (i32.const 16) (i32.const 0))
    (local.set $arguments (i32.sub (i32.load (i32.const 0)) (i32.const 4)))
    (local.set $left (i32.load16_u (i32.const 17)))
    (block $other (block $take (block $clear (block $contains (block $get (block $set
      (br_table $set $get $contains $clear $take $other (i32.load8_u (i32.const 16))))
      (loop $again
        (drop (call $set (i32.const 8192) (i32.const 4) (i32.const 8200) (i32.const 8)))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (return))
      (loop $again
        (call $room)
        (drop (call $get (i32.const 8192) (i32.const 4) (i32.const 4096) (i32.const 4092)))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (return))
      (loop $again
        (drop (call $contains (i32.const 8192) (i32.const 4)))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (return))
      (loop $again
        (drop (call $clear (i32.const 8192) (i32.const 4)))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (return))
      (loop $again
        (call $room)
        (drop (call $take (i32.const 8192) (i32.const 4) (i32.const 4096) (i32.const 4092)))
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (return))

    (block $code (block $end (block $pass (block $verify (block $answer (block $spin (block $trap (block $revert (block $emit (block $time
      (br_table $time $emit $revert $trap $spin $answer $verify $pass $end $code (i32.sub (i32.load8_u (i32.const 16)) (i32.const 5))))
      ;; 5: what time it is
      (call $room)
      (call $now (i32.const 4096) (i32.const 4092))
      (call $return (i32.const 0) (i32.const 4096) (i32.load (i32.const 4092))))
      ;; 6: an event with that many topics, at most 3, and the arguments as data
      (i32.store8 (i32.const 8511) (i32.shl (local.get $left) (i32.const 2)))
      (call $event
        (select (i32.const 8511) (i32.const 0) (local.get $left))
        (i32.add (i32.mul (local.get $left) (i32.const 32)) (i32.ne (local.get $left) (i32.const 0)))
        (i32.const 20) (local.get $arguments))
      (return))
      ;; 7: writes, then reverts
      (drop (call $set (i32.const 8192) (i32.const 4) (i32.const 8200) (i32.const 8)))
      (call $return (i32.const 1) (i32.const 8200) (i32.const 8)))
      ;; 8: writes, then traps
      (drop (call $set (i32.const 8192) (i32.const 4) (i32.const 8200) (i32.const 8)))
      (unreachable))
      ;; 9: never ends
      (loop $again (br $again)))
      ;; 10: answers the arguments, with the number as flags
      (call $return (local.get $left) (i32.const 20) (local.get $arguments)))
      ;; 11: answers whether the arguments are a signature, a public key, and the message it signs
      (i32.store (i32.const 4096)
        (call $verify (i32.const 20) (i32.const 84) (i32.sub (local.get $arguments) (i32.const 96)) (i32.const 116)))
      (call $return (i32.const 0) (i32.const 4096) (i32.const 4)))
      ;; 12: has another probe write
      (i32.store (i32.const 4096)
        (call $call (i32.const 0) (i32.const 20) (i64.const 0) (i32.const 52) (i32.const 8256) (i32.const 4) (i32.const -1) (i32.const -1)))
      (call $return (i32.const 0) (i32.const 4096) (i32.const 4)))
      ;; 13: ends, leaving everything to the account in the arguments
      (call $terminate (i32.const 20)))
      ;; 14: takes the code whose hash is in the arguments
      (drop (call $set_code (i32.const 20)))
      (return)
      ;; unreached
      ))
