//! A whole eMRTD card in software, with its own issuing PKI.
mod curve;
mod der;
mod digest;
mod key;
mod modp;
mod random;
mod rsa;
mod signature;
