//! A contract's code with a note at the head of each function: the first time that a call enters it, the function says so in the debug buffer. So what a call compiles on a
//! live chain is counted and not guessed. It knows codes, and no chain.
//!
//! The notes are kept in a page of memory behind those that the contract has from the start, so that it runs as it did but for what that costs.

use std::fmt::Write;
use wasm_encoder::{
    reencode::{utils, Error, Reencode},
    BlockType, CodeSection, ConstExpr, DataSection, EntityType, ImportSection, Instruction, MemArg,
    MemoryType, Module, TypeSection, ValType,
};
use wasmparser::{ExternalKind, FunctionBody, Parser, Payload, TypeRef};

const PAGE: u64 = 65_536;

/// Where in the page the texts begin; before them is a byte for each function.
const TEXTS: u32 = 8_192;

/// The hexadecimal digits of a code's hash and of a function's place, and what ends them.
const TEXT: u32 = 8 + 5 + 1;

/// As many as have room in the page.
const MOST: usize = 4_000;

/// A code that notes which functions are entered.
pub(crate) struct Noting {
    pub(crate) wasm: Vec<u8>,
    /// The bytes of each function's body, by its place in the code.
    pub(crate) bodies: Vec<u64>,
}

/// `wasm`, whose hash begins with `name`, with the notes; `None` if it is no contract's code or has too many functions.
pub(crate) fn noting(name: [u8; 4], wasm: &[u8]) -> Option<Noting> {
    let mut notes = Notes::default();
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.ok()?;
        if let Payload::TypeSection(types) = payload {
            notes.types = types.count();
        } else if let Payload::ImportSection(imports) = payload {
            for import in imports {
                match import.ok()?.ty {
                    TypeRef::Func(_) => notes.imported = notes.imported.checked_add(1)?,
                    TypeRef::Memory(memory) => {
                        notes.page = u32::try_from(memory.initial.checked_mul(PAGE)?).ok()?;
                    }
                    TypeRef::Table(_) | TypeRef::Global(_) | TypeRef::Tag(_) => {}
                }
            }
        } else if let Payload::CodeSectionEntry(body) = payload {
            bodies.push(u64::try_from(body.range().len()).ok()?);
        }
    }
    if bodies.len() > MOST || notes.page == 0 {
        return None;
    }
    for place in 0..bodies.len() {
        write!(notes.texts, "{}{place:05};", hex(name)).ok()?;
    }
    let mut module = Module::new();
    notes.parse_core_module(&mut module, Parser::new(0), wasm).ok()?;
    if !notes.has_data {
        let mut data = DataSection::new();
        notes.write_texts(&mut data);
        module.section(&data);
    }
    Some(Noting { wasm: module.finish(), bodies })
}

/// What notes say: the name of a code and a function's place in it.
pub(crate) fn read(debug: &[u8]) -> impl Iterator<Item = ([u8; 4], usize)> + '_ {
    debug.split(|byte| *byte == b';').filter_map(|note| {
        let text = std::str::from_utf8(note).ok().filter(|text| text.len() == 13)?;
        let name = u32::from_str_radix(text.get(..8)?, 16).ok()?.to_be_bytes();
        Some((name, text.get(8..)?.parse().ok()?))
    })
}

fn hex(name: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(name))
}

#[derive(Default)]
struct Notes {
    imported: u32,
    types: u32,
    /// Where the page of notes begins.
    page: u32,
    texts: String,
    next: u32,
    has_data: bool,
}

impl Notes {
    fn write_texts(&self, data: &mut DataSection) {
        let at = self.page.saturating_add(TEXTS);
        data.active(0, &ConstExpr::i32_const(at.cast_signed()), self.texts.bytes());
    }
}

impl Reencode for Notes {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, func: u32) -> u32 {
        if func < self.imported {
            func
        } else {
            func.saturating_add(1)
        }
    }

    fn external_index(&mut self, kind: ExternalKind, index: u32) -> u32 {
        if kind == ExternalKind::Func {
            self.function_index(index)
        } else {
            index
        }
    }

    fn memory_type(&mut self, memory: wasmparser::MemoryType) -> MemoryType {
        let memory = utils::memory_type(self, memory);
        let minimum = memory.minimum.saturating_add(1);
        MemoryType { minimum, maximum: memory.maximum.map(|most| most.max(minimum)), ..memory }
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_import_section(self, imports, section)?;
        imports.import("seal0", "debug_message", EntityType::Function(self.types));
        Ok(())
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: wasmparser::DataSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_data_section(self, data, section)?;
        self.has_data = true;
        self.write_texts(data);
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), Error> {
        let flag = MemArg {
            offset: u64::from(self.page).saturating_add(self.next.into()),
            align: 0,
            memory_index: 0,
        };
        let text = self.page.saturating_add(TEXTS).saturating_add(self.next.saturating_mul(TEXT));
        self.next = self.next.saturating_add(1);
        let mut function = self.new_function_with_parsed_locals(&body)?;
        for instruction in [
            Instruction::I32Const(0),
            Instruction::I32Load8U(flag),
            Instruction::I32Eqz,
            Instruction::If(BlockType::Empty),
            Instruction::I32Const(0),
            Instruction::I32Const(1),
            Instruction::I32Store8(flag),
            Instruction::I32Const(text.cast_signed()),
            // Without what ends it, no text would be told from the next.
            Instruction::I32Const(TEXT.cast_signed()),
            Instruction::Call(self.imported),
            Instruction::Drop,
            Instruction::End,
        ] {
            function.instruction(&instruction);
        }
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            function.instruction(&self.parse_instruction(&mut reader)?);
        }
        code.function(&function);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_among_what_else_is_said() {
        let said = b"0000002a00003;something else;0000002a00017;ffffffff00000;0000";
        let notes: Vec<_> = read(said).collect();
        assert_eq!(notes, [([0, 0, 0, 42], 3), ([0, 0, 0, 42], 17), ([255; 4], 0)]);
    }

    #[test]
    fn a_code_keeps_its_functions_and_gets_a_page() {
        let wasm = wat::parse_str(
            r#"(module (import "seal0" "input" (func (param i32 i32))) (import "env" "memory" (memory 2 16))
                (func (export "deploy")) (func (export "call") (call 3)) (func (drop (i32.const 7))))"#,
        )
        .unwrap();
        let noting = noting([1, 2, 3, 4], &wasm).unwrap();
        assert_eq!(noting.bodies, [2, 4, 5]);
        let text = noting.wasm.windows(14).filter(|bytes| bytes == b"0102030400002;").count();
        assert_eq!(text, 1);
        wasmparser::validate(&noting.wasm).unwrap();
        assert!(super::noting([0; 4], b"\0asm").is_none());
    }
}
