"""Usual headings by the field they stand for, the surest first; in a dozen languages."""

ALIASES: dict[str, str] = {
    "sku": (
        "sku|item number|item no|item code|item id|part id|product code|product id|product number|article number"
        "|article no|article|article id|article code|stock code|stock keeping unit|supplier sku"
        "|supplier part number|supplier code|vendor sku|vendor part number|catalog number|catalogue number"
        "|our part number|reference|ref|code|number|artikelnummer|artikelnr|artnr|art nr|artikel nr|artikel"
        "|bestellnummer|bestellnr|lieferantenartikelnummer|produktnummer|code article|reference article"
        "|reference produit|code produit|référence|referencia|codigo|código|codigo articulo|codice"
        "|codice articolo|codice prodotto|riferimento|artikelcode|bestelnummer|kod|kod produktu|indeks|symbol"
        "|numer katalogowy|artikelnummer lieferant|varenummer|tuotenumero|variant sku|supplier aid|supplier pid"
        "|uniq id|asin"
    ),
    "name": (
        "name|title|product name|product title|item name|item title|item description short|product|article name"
        "|bezeichnung|artikelbezeichnung|artikelname|produktname|titel|produkt|benennung|nom|nom du produit"
        "|nom produit|désignation|libellé|titre|intitulé|nombre|nombre del producto|título|denominación|producto"
        "|nome|nome prodotto|titolo|denominazione|prodotto|naam|productnaam|artikelnaam|omschrijving kort|nazwa"
        "|nazwa produktu|tytuł|benämning|produktnamn|nimi|designation|model name"
    ),
    "description": (
        "description|long description|product description|full description|body html|body|html description"
        "|details|item description|beschreibung|artikelbeschreibung|langtext|langbeschreibung|produktbeschreibung"
        "|description longue|descriptif|descripción|descripcion larga|descrizione|descrizione lunga|omschrijving"
        "|productomschrijving|beschrijving|opis|opis produktu|opis długi|beskrivning|kuvaus"
    ),
    "short_description": (
        "short description|summary|short desc|teaser|kurzbeschreibung|kurztext|description courte|résumé"
        "|descripción corta|descrizione breve|korte omschrijving|opis krótki|krótki opis"
    ),
    "brand": (
        "brand|brand name|marke|markenname|marque|marca|merk|merknaam|marka|varumärke|vendor|supplier"
        "|supplier name|vendor name"
    ),
    "manufacturer": (
        "manufacturer|manufacturer name|mfr|mfr name|mfg|mfg name|maker|hersteller|herstellername|fabrikant"
        "|fabricant|fabricante|produttore|producent|producteur|tillverkare|valmistaja|producer"
    ),
    "manufacturer_part_number": (
        "mpn|manufacturer part number|manufacturer part no|manufacturer number|mfr part number|mfr part no"
        "|mfr number|mfg part number|mfg part no|mfg number|mfpn|part number|part no|partno|pn|oem number|oem"
        "|model number|model no|manufacturer sku|herstellernummer|herstellerartikelnummer|herstellernr"
        "|hersteller artikelnummer|hersteller nr|han|herstellerteilenummer|référence fabricant"
        "|reference constructeur|ref fabricant|referencia fabricante|número de pieza|codice produttore"
        "|codice fabbricante|fabrikantcode|fabrikant artikelnummer|kod producenta|numer producenta"
        "|google shopping mpn|manufacturer aid|manufacturer pid|productnummer fabrikant"
    ),
    "barcode": (
        "barcode|bar code|gtin|gtin13|gtin14|gtin12|gtin8|ean|ean13|ean code|eancode|ean upc|upc ean|upc|upc code"
        "|upca|isbn|isbn13|jan|strichcode|ean nummer|gtin ean|code barre|code barres|code à barres"
        "|código de barras|codice a barre|streepjescode|kod ean|kod kreskowy|variant barcode|international pid"
    ),
    "price": (
        "price|unit price|sales price|selling price|retail price|sale price|sell price|web price|variant price"
        "|gross price|price gross|preis|verkaufspreis|vk|vk preis|bruttopreis|einzelpreis|stückpreis|prix"
        "|prix de vente|prix unitaire|prix ttc|precio|precio de venta|pvp|prezzo|prezzo di vendita|prijs"
        "|verkoopprijs|cena|cena brutto|cena sprzedaży|cena detaliczna|pris|hinta|price incl vat|price inc vat"
    ),
    "compare_at_price": (
        "compare at price|variant compare at price|msrp|rrp|srp|list price|listprice|recommended retail price"
        "|suggested retail price|retail price msrp|was price|regular price|original price|uvp|listenpreis"
        "|streichpreis|prix public|prix barré|prix conseillé|precio de lista|precio recomendado|prezzo di listino"
        "|prezzo consigliato|adviesprijs|catalogusprijs|cena katalogowa|cena sugerowana"
    ),
    "cost": (
        "cost|cost price|unit cost|cost per item|purchase price|buy price|buying price|net price|price net"
        "|nett price|dealer price|wholesale price|reseller price|your price|your cost|my price|trade price|ek"
        "|ek preis|einkaufspreis|nettopreis|händlerpreis|hek|prix d'achat|prix achat|prix net|prix ht"
        "|precio de coste|precio coste|coste|precio neto|prezzo d'acquisto|prezzo acquisto|prezzo netto|costo"
        "|inkoopprijs|nettoprijs|cena zakupu|cena netto|koszt|price excl vat|price ex vat|inköpspris"
    ),
    "currency": "currency|currency code|price currency|währung|devise|monnaie|moneda|divisa|valuta|waluta|waehrung",
    "quantity": (
        "quantity|qty|stock|stock quantity|stock qty|stock level|quantity available|qty available"
        "|available quantity|available|in stock qty|inventory|inventory quantity|inventory qty"
        "|variant inventory qty|on hand|quantity on hand|qoh|bestand|lagerbestand|lager|menge|verfügbar"
        "|verfügbare menge|quantité|quantité disponible|stock disponible|disponibilité|existencias|cantidad"
        "|quantità|giacenza|disponibilità|scorta|voorraad|aantal|ilość|stan|stan magazynowy|dostępność|saldo"
        "|lagersaldo"
    ),
    "minimum_order_quantity": (
        "minimum order quantity|min order quantity|min order qty|minimum order qty|moq|min qty|minimum quantity"
        "|mindestbestellmenge|mindestmenge|mindestabnahme|quantité minimum|quantité minimale de commande"
        "|cantidad mínima|pedido mínimo|quantità minima|ordine minimo|minimale bestelhoeveelheid|minimale afname"
        "|minimalne zamówienie|quantity min"
    ),
    "pack_size": (
        "pack size|packsize|pack qty|pack quantity|package quantity|packaging unit|units per pack|unit per pack"
        "|case pack|case quantity|case qty|carton qty|verpackungseinheit|ve|packungsgröße|conditionnement"
        "|unidades por paquete|unità per confezione|confezione|verpakkingseenheid|wielkość opakowania"
        "|quantity per pack|qty per pack"
    ),
    "lead_time_days": (
        "lead time|lead time days|leadtime|delivery time|delivery days|delivery time days|lieferzeit"
        "|lieferzeit tage|lieferzeit in tagen|délai de livraison|délai|plazo de entrega|tempo di consegna"
        "|levertijd|czas dostawy"
    ),
    "weight": (
        "weight|item weight|product weight|net weight|gross weight|shipping weight|weight value|variant weight"
        "|gewicht|nettogewicht|bruttogewicht|artikelgewicht|poids|poids net|poids brut|peso|peso neto|peso netto"
        "|peso bruto|peso lordo|waga|waga netto|vikt|paino"
    ),
    "weight_unit": (
        "weight unit|weight uom|unit of weight|weight unit for display|variant weight unit|gewichtseinheit"
        "|unité de poids|unidad de peso|unità di peso|gewichtseenheid|jednostka wagi"
    ),
    "length": (
        "length|item length|product length|depth|länge|tiefe|longueur|profondeur|longitud|largo|profundidad"
        "|lunghezza|profondità|lengte|diepte|długość|głębokość"
    ),
    "width": "width|item width|product width|breite|largeur|ancho|anchura|larghezza|breedte|szerokość",
    "height": "height|item height|product height|höhe|hauteur|alto|altura|altezza|hoogte|wysokość",
    "dimension_unit": "dimension unit|dimensions unit|dimension uom|size unit|längeneinheit|maßeinheit",
    "category": (
        "category|categories|category path|product category|category name|category tree|main category"
        "|categorypath|kategorie|kategorien|warengruppe|produktkategorie|kategoriepfad|catégorie|catégories"
        "|famille|rayon|categoría|categorías|familia|categoria|categorie|reparto|productgroep|hoofdcategorie"
        "|kategoria|kategorie produktu|grupa|department|kategori"
    ),
    "product_type": (
        "product type|type|item type|producttype|produkttyp|produktart|artikelart|type de produit"
        "|tipo de producto|tipo|tipo prodotto|typ|typ produktu"
    ),
    "tags": (
        "tags|tag|keywords|keyword|labels|schlagworte|schlagwörter|stichworte|suchbegriffe|mots clés|etiquettes"
        "|étiquettes|etiquetas|palabras clave|parole chiave|etichette|trefwoorden|zoekwoorden|tagi|słowa kluczowe"
        "|search terms"
    ),
    "status": (
        "status|product status|item status|published|active|is active|enabled|aktiv|statut|actif|estado|activo"
        "|stato|attivo|actief|aktywny"
    ),
    "image_url": (
        "image|images|image url|image urls|image link|image src|img|img url|img high|image high|image large"
        "|main image|main image url|picture|picture url|pictures|photo|photo url|photos|product image"
        "|product image url|large image|additional image link|additional images|gallery|bild|bilder|bild url"
        "|bildlink|hauptbild|artikelbild|image principale|lien image|url image|photo produit|imagen|imágenes"
        "|url imagen|foto|immagine|immagini|url immagine|afbeelding|afbeeldingen|afbeelding url|zdjęcie|zdjęcia"
        "|obraz|obrazek|bildurl|high pic|mime source"
    ),
    "image_alt": (
        "image alt|image alt text|alt text|alt|bildbeschreibung|texte alternatif|texto alternativo"
        "|testo alternativo|alt tekst"
    ),
    "handle": "handle|url handle|slug|url key|seo url|permalink",
    "seo_title": "seo title|meta title|page title|metatitel|seo titel|titre seo",
    "seo_description": "seo description|meta description|page description|metabeschreibung|seo beschreibung",
    "hs_code": (
        "hs code|hscode|tariff code|tariff number|harmonized code|commodity code|hts|hts code|zolltarifnummer"
        "|warennummer|taric|code douanier|code sh|partida arancelaria|codice doganale|goederencode|kod celny"
        "|customs tariff number|variant hs code"
    ),
    "country_of_origin": (
        "country of origin|origin|origin country|country of manufacture|made in|coo|ursprungsland|herkunftsland"
        "|pays d'origine|origine|país de origen|paese di origine|paese d'origine|land van herkomst"
        "|kraj pochodzenia|country origin"
    ),
    "group": (
        "parent sku|parent id|parent code|parent|parent product|item group id|group id|master sku|variant group"
        "|product group id|vaterartikel|vaterartikelnummer|parent product id|configurable sku"
    ),
    "requires_shipping": "requires shipping|variant requires shipping",
    "taxable": "taxable|charge tax|variant taxable",
    "track_inventory": "track inventory|track stock|inventory tracked",
    "inventory_policy": "inventory policy|variant inventory policy|continue selling when out of stock",
}
