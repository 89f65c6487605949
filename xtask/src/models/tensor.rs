//! ONNX tensors, as far as quantised weights need them.

use super::protobuf::{ReadError, Value, Writer, fields, integers};

const DIMS: u64 = 1;
const DATA_TYPE: u64 = 2;
const FLOAT_DATA: u64 = 4;
const INT32_DATA: u64 = 5;
const INT64_DATA: u64 = 7;
const NAME: u64 = 8;
const RAW_DATA: u64 = 9;

const FLOAT: u64 = 1;
const INT8: u64 = 3;
const INT64: u64 = 7;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) elements: Elements,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Elements {
    Float(Vec<f32>),
    Int8(Vec<i8>),
    Int64(Vec<i64>),
    /// A kind that no fold needs; its node stays as it is.
    Other,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum TensorError {
    #[error("its bytes are not a tensor")]
    Read(#[from] ReadError),
    #[error("its shape and its number of elements differ")]
    Shape,
    #[error("its blocks do not cover it")]
    Blocks,
    #[error("its parts have kinds that do not go together")]
    Kind,
}

impl Tensor {
    pub(crate) fn name(raw: &[u8]) -> Result<&[u8], ReadError> {
        Ok(fields(raw)?
            .iter()
            .find_map(|field| match (field.number, field.value) {
                (NAME, Value::Bytes(name)) => Some(name),
                _ => None,
            })
            .unwrap_or_default())
    }

    pub(crate) fn read(raw: &[u8]) -> Result<Self, TensorError> {
        let (mut dims, mut kind, mut bytes) = (Vec::new(), 0, None);
        let (mut floats, mut ints) = (Vec::new(), Vec::new());
        for field in fields(raw)? {
            match (field.number, field.value) {
                (DIMS, value) => integers(value, &mut dims)?,
                (DATA_TYPE, Value::Varint(value)) => kind = value,
                (FLOAT_DATA, Value::Bytes(packed)) => floats.extend(floats_of(packed)?),
                (FLOAT_DATA, Value::Fixed32(one)) => floats.push(f32::from_le_bytes(one)),
                (INT32_DATA | INT64_DATA, value) => integers(value, &mut ints)?,
                (RAW_DATA, Value::Bytes(raw)) => bytes = Some(raw),
                _ => {}
            }
        }
        let shape = dims
            .iter()
            .map(|dim| usize::try_from(*dim).map_err(|_| TensorError::Shape))
            .collect::<Result<Vec<_>, _>>()?;
        let elements = match (kind, bytes) {
            (FLOAT, Some(raw)) => Elements::Float(floats_of(raw)?),
            (FLOAT, None) => Elements::Float(floats),
            (INT8, Some(raw)) => Elements::Int8(raw.iter().map(|b| b.cast_signed()).collect()),
            (INT8, None) => {
                Elements::Int8(ints.iter().map(|v| v.to_le_bytes()[0].cast_signed()).collect())
            }
            (INT64, Some(raw)) => {
                let (numbers, []) = raw.as_chunks::<8>() else { return Err(TensorError::Shape) };
                Elements::Int64(numbers.iter().map(|n| i64::from_le_bytes(*n)).collect())
            }
            (INT64, None) => Elements::Int64(ints.iter().map(|v| v.cast_signed()).collect()),
            _ => return Ok(Self { shape, elements: Elements::Other }),
        };
        let tensor = Self { shape, elements };
        if tensor.len() == tensor.shape.iter().product::<usize>() {
            Ok(tensor)
        } else {
            Err(TensorError::Shape)
        }
    }

    /// `TensorProto` of an fp32 tensor.
    pub(crate) fn write(&self, name: &[u8]) -> Vec<u8> {
        let mut tensor = Writer::default();
        for size in &self.shape {
            tensor.integer(DIMS, *size as u64);
        }
        tensor.integer(DATA_TYPE, FLOAT).bytes(NAME, name);
        if let Elements::Float(values) = &self.elements {
            let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            tensor.bytes(RAW_DATA, &raw);
        }
        tensor.finish()
    }

    /// `DequantizeLinear` with blocks of `block` elements along `axis`.
    pub(crate) fn dequantised(
        &self,
        scale: &Self,
        zero_point: &Self,
        axis: usize,
        block: usize,
    ) -> Result<Self, TensorError> {
        let (Elements::Int8(values), Elements::Float(scales), Elements::Int8(zeros)) =
            (&self.elements, &scale.elements, &zero_point.elements)
        else {
            return Err(TensorError::Kind);
        };
        let length = *self.shape.get(axis).ok_or(TensorError::Blocks)?;
        let blocks = *scale.shape.get(axis).ok_or(TensorError::Blocks)?;
        let after: usize = self.shape.iter().skip(axis + 1).product();
        let covers = block > 0 && length.div_ceil(block) == blocks;
        if !covers || scales.len() != zeros.len() || length == 0 || after == 0 {
            return Err(TensorError::Blocks);
        }
        let mut floats = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let (outer, along, inner) =
                (index / (length * after), index / after % length, index % after);
            let at = (outer * blocks + along / block) * after + inner;
            let (scale, zero) = scales.get(at).zip(zeros.get(at)).ok_or(TensorError::Blocks)?;
            floats.push(f32::from(i16::from(*value) - i16::from(*zero)) * scale);
        }
        Ok(Self { shape: self.shape.clone(), elements: Elements::Float(floats) })
    }

    /// `Reshape`: 0 keeps a size, one -1 takes what is left.
    pub(crate) fn reshaped(&self, shape: &Self) -> Result<Self, TensorError> {
        let Elements::Int64(sizes) = &shape.elements else { return Err(TensorError::Kind) };
        let mut known = Vec::new();
        for (index, size) in sizes.iter().enumerate() {
            known.push(match *size {
                0 => Some(*self.shape.get(index).ok_or(TensorError::Shape)?),
                -1 => None,
                size => Some(usize::try_from(size).map_err(|_| TensorError::Shape)?),
            });
        }
        let product: usize = known.iter().flatten().product();
        let rest = self.len().checked_div(product).ok_or(TensorError::Shape)?;
        let shape: Vec<usize> = known.into_iter().map(|size| size.unwrap_or(rest)).collect();
        if shape.iter().product::<usize>() != self.len() {
            return Err(TensorError::Shape);
        }
        Ok(Self { shape, elements: self.elements.clone() })
    }

    fn len(&self) -> usize {
        match &self.elements {
            Elements::Float(values) => values.len(),
            Elements::Int8(values) => values.len(),
            Elements::Int64(values) => values.len(),
            Elements::Other => 0,
        }
    }
}

fn floats_of(raw: &[u8]) -> Result<Vec<f32>, TensorError> {
    let (values, []) = raw.as_chunks::<4>() else { return Err(TensorError::Shape) };
    Ok(values.iter().map(|value| f32::from_le_bytes(*value)).collect())
}
