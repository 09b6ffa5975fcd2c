"""Words of six languages, the same number of each."""

__all__ = ["VOCABULARY", "WORDS_EACH"]

ENGLISH = """order refund parcel invoice address delivery customer account support window ticket travel
booking seat price change yesterday morning payment card reason please thanks would could should about
tomorrow receipt warranty shipping broken missing number question answer problem solution contract plan
upgrade cancel confirm email phone password reset login error screen button page report monthly yearly
discount"""
GERMAN = """Bestellung Rückerstattung Paket Rechnung Anschrift Lieferung Kundin Konto Hilfe Fenster Karte
Reise Buchung Platz Preis Änderung gestern morgens Zahlung Grund bitte danke würde könnte sollte über
morgen Beleg Garantie Versand kaputt fehlt Nummer Frage Antwort Problem Lösung Vertrag Tarif Wechsel
kündigen bestätigen Nachricht Telefon Kennwort zurücksetzen anmelden Fehler Bildschirm Knopf Seite Bericht
monatlich jährlich Rabatt nachdem außerdem vielleicht"""
FRENCH = """commande remboursement colis facture adresse livraison client compte aide fenêtre billet voyage
réservation siège prix échange hier matin paiement carte raison merci voudrais pourrais devrait demain reçu
garantie expédition cassé manquant numéro question réponse problème solution contrat forfait évolution
annuler confirmer courriel téléphone connexion erreur écran bouton page rapport mensuel annuel remise après
ensuite peut-être déjà toujours encore bientôt"""
RUSSIAN = """заказ возврат посылка счёт адрес доставка клиент аккаунт помощь окно билет поездка бронь место
цена замена вчера утром оплата карта причина пожалуйста спасибо хотел мог должен завтра чек гарантия
отправка сломан пропал номер вопрос ответ проблема решение договор тариф переход отменить подтвердить
письмо телефон пароль сбросить войти ошибка экран кнопка страница отчёт месяц год скидка после потом
может уже"""
JAPANESE = """注文 返金 荷物 請求書 住所 配送 お客様 口座 支援 窓口 切符 旅行 予約 座席 値段 変更 昨日 午前 支払い 理由
お願いします ありがとう できますか 明日 領収書 保証 発送 壊れた 足りない 番号 質問 答え 問題 解決 契約 計画 更新 取り消し 確認 電子メール
電話 暗証番号 再設定 ログイン 誤り 画面 ボタン ページ 報告 毎月 毎年 割引 その後 たぶん もう 東京 京都 大阪"""
ARABIC = """طلب استرداد طرد فاتورة عنوان توصيل عميل حساب دعم نافذة تذكرة سفر حجز مقعد سعر تغيير أمس صباح دفع
بطاقة سبب رجاء شكرا أريد يمكن يجب غدا إيصال ضمان شحن مكسور مفقود رقم سؤال جواب مشكلة حل عقد خطة ترقية إلغاء
تأكيد بريد هاتف مرور إعادة دخول خطأ شاشة زر صفحة تقرير شهري سنوي خصم بعد ثم ربما"""
LISTS = [text.split() for text in (ENGLISH, GERMAN, FRENCH, RUSSIAN, JAPANESE, ARABIC)]
WORDS_EACH = min(len(words) for words in LISTS)
VOCABULARY = (
    "splitByChar('|', '" + "|".join(w for words in LISTS for w in words[:WORDS_EACH]) + "')"
)
